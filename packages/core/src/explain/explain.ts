import { reportBug } from '../diagnostics/channels.ts'
import { settingsOf } from '../issuers/trusted-issuer.ts'
import { isRefusal } from '../responses/refusal.ts'
import { type ErrorResponse, isErrorResponse } from '../responses/error-response.ts'
import type { Unavailable } from '../responses/unavailable.ts'
import { refusalCause } from './causes.ts'
import type { Cause, Explanation } from './explanation.ts'
import { type Circumstances, createFailedToken, type ExplainedSettings } from './failed-token.ts'
import { outageCause } from './outage-causes.ts'
import { showWithoutQuotes } from './show.ts'

/** Explains the errors of one validator. */
export interface Explainer {
  /** Notes what the validator knew when it threw the error, and reports the explanation if the developer wants it. */
  readonly note: (error: ErrorResponse, circumstances: Circumstances) => void
  /** `undefined` for an error that was not noted. */
  readonly explain: (error: unknown) => Explanation | undefined
}

/** `reports` get every explanation. Without any, an explanation is made only when `explain` is called. */
export function createExplainer(
  settings: ExplainedSettings,
  reports: readonly ((explanation: Explanation) => void)[],
): Explainer {
  const noted = new WeakMap<object, Circumstances>()

  function explain(error: unknown): Explanation | undefined {
    const circumstances = isErrorResponse(error) ? noted.get(error) : undefined
    return circumstances && isErrorResponse(error) ? explanationOf(error, circumstances, settings) : undefined
  }

  return {
    explain,
    note: (error, circumstances) => {
      noted.set(error, circumstances)
      if (reports.length > 0) {
        report(error)
      }
    },
  }

  /** A failure of the report must not change the response. */
  function report(error: ErrorResponse): void {
    try {
      const explanation = explain(error)
      for (const one of reports) {
        if (explanation !== undefined) {
          one(explanation)
        }
      }
    } catch (failure) {
      reportBug(failure)
    }
  }
}

function explanationOf(error: ErrorResponse, circumstances: Circumstances, settings: ExplainedSettings): Explanation {
  const { status, code } = error
  if (isRefusal(error)) {
    const { reason } = error
    const { step, ...cause } = refusalCause(createFailedToken(error, circumstances, settings))
    return Object.freeze({ status, code, reason, step, ...withLine(`${status} ${showName(reason)}`, cause) })
  }
  const step = stepOf(error, circumstances, settings)
  const { reason, ...cause } = outageCause(error, step)
  return Object.freeze({
    status,
    code,
    reason,
    step,
    ...withLine(`${status} ${reason} (${showName(error.issuer)})`, cause),
  })
}

/** Tokens choose the names of tenants, and the application chooses the reasons of its guards. */
function showName(name: string): string {
  return showWithoutQuotes(name)
}

/** A JWT whose signature is good is introspected for the guard `active`, and with `formats: 'opaque'` at once. */
function stepOf(
  { issuer }: Unavailable,
  { findings }: Circumstances,
  settings: ExplainedSettings,
): 'signature' | 'introspection' {
  const trusted = typeof settings.issuers === 'function' ? [] : settings.issuers
  const isOpaque = trusted.some((one) => one.url === issuer && settingsOf(one).formats === 'opaque')
  const isJwt = findings.text?.split('.').length === 3
  return isJwt && !isOpaque && findings.genuine === undefined ? 'signature' : 'introspection'
}

function withLine(
  title: string,
  { problem, expected, received, fix }: Cause,
): Omit<Explanation, 'status' | 'code' | 'reason' | 'step'> {
  const comparison = [expected && `expected ${expected}`, received && `got ${received}`].filter(Boolean).join(', ')
  const details = comparison === '' ? '' : ` ${comparison.charAt(0).toUpperCase()}${comparison.slice(1)}.`
  return { problem, expected, received, fix, line: `${title}: ${problem}.${details} ${fix}` }
}

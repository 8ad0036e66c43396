import { type AccessToken, isRefusal, isUnavailable, scopes, subscribe, type Validator } from '@tollgate/core'
import { type Arguments, textOf, textsOf } from '../arguments.ts'
import type { PastedToken } from '../pasted-token.ts'
import type { Report } from '../report.ts'
import { showMessage } from '../text.ts'
import { isInvalidOption, UsageError } from '../usage.ts'
import { createConfiguredValidator, type Environment, invalid } from './configuration.ts'
import { hintOf } from './hint.ts'
import { explainLines } from './lines.ts'
import type { CauseReport, ExplainReport } from './report.ts'
import { stepsOf } from './steps.ts'
import { warningsOf } from './warnings.ts'

/** The options of `explain`, beside those of every command. */
export const explainOptions = {
  issuer: { type: 'string', multiple: true },
  audience: { type: 'string', multiple: true },
  preset: { type: 'string', multiple: true },
  scope: { type: 'string', multiple: true },
  'introspection-endpoint': { type: 'string' },
  'client-authentication': { type: 'string' },
  config: { type: 'string' },
  host: { type: 'string' },
} as const

/**
 * Validates the token as an API would, and reports each step. It does NOT run the guards of the routes of an app, except
 * the scopes in the arguments.
 *
 * @throws UsageError for options that are missing or invalid.
 */
export async function explainCommand(
  { token, removed }: PastedToken,
  args: Arguments,
  environment: Environment,
): Promise<Report> {
  const demanded = textsOf(args, 'scope').flatMap((text) => text.split(/[\s,]+/).filter((scope) => scope !== ''))
  const warnings: string[] = []
  const unsubscribe = subscribe('tollgate:misconfiguration', ({ message }) => warnings.push(showMessage(message)))
  const validator = await createConfiguredValidator(args, token, environment)
  try {
    const { valid, cause } = await validate(validator, token, demanded, textOf(args, 'host'))
    const steps = stepsOf({ token, valid, cause, scopes: demanded })
    const result = resultOf(cause)
    const exitCode = exitCodes[result]
    if (valid !== undefined) {
      warnings.push(...warningsOf(valid))
    }
    const hint = cause === undefined ? { hint: undefined, suggestion: undefined } : hintOf(cause, token, args)
    const json: ExplainReport = { command: 'explain', result, exitCode, steps, cause, ...hint, warnings, removed }
    return { exitCode, json, lines: (paint) => explainLines(json, paint) }
  } finally {
    unsubscribe()
    await closeWithin(validator, 2000)
  }
}

const exitCodes = { good: 0, refused: 1, unavailable: 3 } as const

/** A failure of the app is no outage of the issuer. */
function resultOf(cause: CauseReport | undefined): ExplainReport['result'] {
  if (cause === undefined) {
    return 'good'
  }
  return cause.status >= 500 && cause.step !== undefined ? 'unavailable' : 'refused'
}

interface Validated {
  readonly valid: AccessToken<unknown> | undefined
  readonly cause: CauseReport | undefined
}

async function validate(
  validator: Validator,
  token: string,
  demanded: readonly string[],
  host = 'localhost',
): Promise<Validated> {
  const isBearer = !/^(basic|digest|negotiate|apikey)\s/i.test(token)
  const headers: readonly [string, string][] = [
    ['host', host],
    ['authorization', isBearer ? `Bearer ${token}` : token],
  ]
  try {
    const guards = demanded.length === 0 ? [] : [scopes(...(demanded as [string, ...string[]]))]
    const request = { method: 'GET', url: '/', headers }
    const valid = await validator.authenticate(request, ...guards).catch((error: unknown) => {
      // The app takes the token from another place than `Authorization`.
      if (isBearer && isRefusal(error) && error.reason === 'no-credentials') {
        return validator.validate(token, ...guards)
      }
      throw error
    })
    return { valid, cause: undefined }
  } catch (error) {
    return causeOf(error, validator)
  }
}

function causeOf(error: unknown, validator: Validator): Validated {
  const cause = validator.explain(error)
  if (cause !== undefined) {
    return { valid: isRefusal(error) ? error.token : undefined, cause }
  }
  if (isInvalidOption(error)) {
    throw invalid(error)
  }
  if (isRefusal(error) || isUnavailable(error)) {
    throw new UsageError({
      problem: 'the wrapper around the validator of the app does not explain its own refusals',
      fix: 'Export the validator that createValidator returned.',
    })
  }
  const message = error instanceof Error ? showMessage(error.message) : 'it threw a value that is no error'
  const problem = `a function of the application failed: ${message}`
  const fix = 'Correct the function: a guard, `issuer`, `claims`, `parameters` or another one.'
  const line = `500 internal-error: ${problem}. ${fix}`
  const rest = { step: undefined, expected: undefined, received: undefined }
  return {
    valid: undefined,
    cause: { status: 500, code: undefined, reason: 'internal-error', ...rest, problem, fix, line },
  }
}

async function closeWithin(validator: Validator, milliseconds: number): Promise<void> {
  const closing = Promise.resolve(validator.close()).catch(() => undefined)
  await Promise.race([closing, new Promise((resolve) => setTimeout(resolve, milliseconds).unref())])
}

import type { AccessToken } from '../access-token.ts'
import { type ErrorResponse, isErrorResponse } from '../responses/error-response.ts'
import { isRefusal, Refusal } from '../responses/refusal.ts'
import { isUnavailable, type Unavailable } from '../responses/unavailable.ts'
import { diagnostics, traced, tracing } from './channels.ts'
import type { Findings } from './findings.ts'
import type { AuthenticationTrace, Outcome, UnavailableMessage } from './messages.ts'

/** Every result of a validator passes through here, so that no error leaves it unreported. */
export interface Outcomes {
  /** Does the work for the guard that `prepare` returns. Publishes and notes its error. A refusal names the scopes of the guard. */
  readonly report: <Route extends { readonly demands: { readonly scopes?: readonly string[] } }, Result>(
    operation: AuthenticationTrace['operation'],
    prepare: () => Route,
    work: (route: Route, findings: Findings) => Promise<Result>,
    note: (error: ErrorResponse, findings: Findings, scopes: readonly string[]) => void,
  ) => Promise<Result>
  /** Publishes that the token is valid, and returns it. Guards can still refuse its request. */
  readonly publishAccepted: <Token extends Pick<AccessToken, 'issuer' | 'kind'>>(token: Token) => Token
}

/** `labelOf` returns the name of an issuer in diagnostics. */
export function createOutcomes(realm: string, labelOf: (issuer: string) => string): Outcomes {
  function publish(error: unknown, { genuine }: Findings): Outcome {
    if (isRefusal(error)) {
      const outcome = error.code ?? 'no_credentials'
      const { subject, clientId } = error.token ?? genuine ?? nobody
      diagnostics.refusal.publish({ outcome, refusal: error, subject, clientId })
      return outcome
    }
    if (isUnavailable(error)) {
      const outcome = outcomeOf[error.status]
      diagnostics.unavailable.publish({ outcome, issuer: labelOf(error.issuer), error })
      return outcome
    }
    diagnostics.failure.publish({ outcome: 'internal_error', error })
    return 'internal_error'
  }

  return {
    report: (operation, prepare, work, note) => {
      const trace: AuthenticationTrace = { operation }
      const findings: Findings = {}
      return traced(tracing.authenticate, trace, async () => {
        let scopes: readonly string[] = []
        try {
          const route = prepare()
          scopes = route.demands.scopes ?? []
          const result = await work(route, findings)
          trace.outcome = result === undefined ? 'no_credentials' : 'accepted'
          return result
        } catch (error) {
          const response = isRefusal(error) ? new Refusal(error, { realm, scopes }, error.token) : error
          trace.outcome = publish(response, findings)
          if (isErrorResponse(response)) {
            note(response, findings, scopes)
          }
          throw response
        }
      })
    },
    publishAccepted: (token) => {
      if (diagnostics.verdict.hasSubscribers) {
        diagnostics.verdict.publish({ outcome: 'accepted', issuer: labelOf(token.issuer), kind: token.kind })
      }
      return token
    },
  }
}

const nobody = { subject: undefined, clientId: undefined }

const outcomeOf: Readonly<Record<Unavailable['status'], UnavailableMessage['outcome']>> = {
  500: 'misconfigured',
  502: 'invalid_upstream_response',
  503: 'unreachable_upstream',
}

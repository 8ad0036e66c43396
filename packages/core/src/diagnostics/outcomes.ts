import type { AccessToken } from '../access-token.ts'
import { type ErrorResponse, isErrorResponse } from '../responses/error-response.ts'
import { isRefusal, Refusal } from '../responses/refusal.ts'
import { isUnavailable, type Unavailable } from '../responses/unavailable.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { type AnyRequest, toHttpRequest } from '../request/to-http-request.ts'
import { type AuthorizationRemedy, type ChallengeContext, nonceHeaders } from '../responses/challenge.ts'
import { diagnostics, traced, tracing } from './channels.ts'
import type { Findings } from './findings.ts'
import type { AuthenticationTrace, Outcome, UnavailableMessage } from './messages.ts'

/** Every result of a validator passes through here, so that no error leaves it unreported. */
export interface Outcomes {
  /**
   * Does the work for the guard that `prepare` returns. Publishes and notes its error. A refusal gets the challenges of
   * the guard.
   */
  readonly report: <Route extends { readonly demands: Demands }, Result>(
    operation: AuthenticationTrace['operation'],
    given: AnyRequest | undefined,
    prepare: () => Route,
    work: (route: Route, findings: Findings) => Promise<Result>,
  ) => Promise<Result>
  /** Publishes that the token is valid, and returns it. Guards can still refuse its request. */
  readonly publishAccepted: <Token extends Pick<AccessToken, 'issuer' | 'kind'>>(token: Token) => Token
}

/** The demands of a route that its challenges show. */
interface Demands {
  readonly scopes?: readonly string[]
  readonly keptScopes?: readonly string[]
  readonly dpop?: true
  readonly acr?: readonly string[]
  readonly maxAge?: number
  readonly authorizationDetails?: readonly string[]
  readonly remedy?: AuthorizationRemedy
}

/** What is known about a request that ended with an error. */
interface Circumstances {
  readonly request: HttpRequest | undefined
  readonly findings: Findings
  readonly scopes: readonly string[]
  readonly authorizationDetails: readonly string[]
}

/** What the outcomes of a validator need. */
interface OutcomesContext {
  readonly challengesOf: (route: {
    readonly request: HttpRequest | undefined
    readonly demands: Demands
    readonly nonce: string | undefined
    readonly token: Pick<AccessToken, 'scopes'> | undefined
  }) => ChallengeContext
  /** The name of an issuer in diagnostics. */
  readonly labelOf: (issuer: string) => string
  /** Explains an error. */
  readonly note: (error: ErrorResponse, circumstances: Circumstances) => void
}

export function createOutcomes({ challengesOf, labelOf, note }: OutcomesContext): Outcomes {
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

  /** The refusal with the challenges of its route. A new nonce reaches the client with every response. */
  function toResponse(error: unknown, request: HttpRequest | undefined, demands: Demands, findings: Findings): unknown {
    if (isUnavailable(error) && findings.nonce !== undefined) {
      error.headers = { ...error.headers, ...nonceHeaders(findings.nonce) }
    }
    if (!isRefusal(error)) {
      return error
    }
    const { token } = error
    const nonce = findings.nonce ?? token?.responseHeaders['DPoP-Nonce']
    return new Refusal(error, challengesOf({ request, demands, nonce, token }), token)
  }

  return {
    report: (operation, given, prepare, work) => {
      const trace: AuthenticationTrace = { operation }
      // Without a prototype, so that it has no members that another part of the application added to `Object.prototype`.
      const findings = Object.create(null) as Findings
      return traced(tracing.authenticate, trace, async () => {
        let demands: Demands = {}
        try {
          const route = prepare()
          demands = route.demands
          const result = await work(route, findings)
          trace.outcome = result === undefined ? 'no_credentials' : 'accepted'
          return result
        } catch (error) {
          const request = isErrorResponse(error) && given !== undefined ? toHttpRequest(given) : undefined
          const response = toResponse(error, request, demands, findings)
          trace.outcome = publish(response, findings)
          if (isErrorResponse(response)) {
            const { scopes = [], authorizationDetails = [] } = demands
            note(response, { request, findings, scopes, authorizationDetails })
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

import { diagnostics, isJudgementTraced, traced } from './channels.ts'
import type { Guard } from '../guards/guard.ts'
import type { AuthenticationTrace, Outcome, UnavailableMessage } from './messages.ts'
import { Refusal } from '../responses/refusal.ts'
import { type Soon, withFailures } from '../soon.ts'
import { Unavailable } from '../responses/unavailable.ts'

export interface Answering {
  readonly realm: string
  /** What diagnostics call an issuer. */
  readonly labelOf: (issuer: string) => string
}

type Work<Result> = () => Soon<Result>

/** Every error leaves the validator through here: a refusal with the challenge of its route, and none untold. */
export function createAnswering({
  realm,
  labelOf,
}: Answering): <Result>(operation: AuthenticationTrace['operation'], guard: Guard, work: Work<Result>) => Soon<Result> {
  function tell(error: unknown): Outcome {
    if (error instanceof Refusal) {
      const outcome = error.code ?? 'no_credentials'
      diagnostics.refusal.publish({ outcome, refusal: error })
      return outcome
    }
    if (error instanceof Unavailable) {
      const outcome = outcomes[error.status]
      diagnostics.unavailable.publish({ outcome, issuer: labelOf(error.issuer), error })
      return outcome
    }
    const outcome = 'internal_error'
    diagnostics.failure.publish({ outcome, error })
    return outcome
  }

  function answer<Result>(guard: Guard, work: Work<Result>, trace?: AuthenticationTrace): Soon<Result> {
    return withFailures(work, (error) => {
      const scopes = guard.demands.scopes ?? []
      const told = error instanceof Refusal ? error.challengedBy({ realm, scopes }) : error
      const outcome = tell(told)
      if (trace !== undefined) {
        trace.outcome = outcome
      }
      throw told
    })
  }

  return (operation, guard, work) => {
    if (!isJudgementTraced()) {
      return answer(guard, work)
    }
    const trace: AuthenticationTrace = { operation }
    return traced.judgement(trace, async () => {
      const result = await answer(guard, work, trace)
      trace.outcome = result === undefined ? 'no_credentials' : 'accepted'
      return result
    })
  }
}

const outcomes: Readonly<Record<Unavailable['status'], UnavailableMessage['outcome']>> = {
  500: 'misconfigured',
  502: 'invalid_upstream_response',
  503: 'unreachable_upstream',
}

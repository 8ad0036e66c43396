import { diagnostics, traced } from './diagnostics.ts'
import type { Guard } from './guards/guard.ts'
import type { JudgementTrace, Outcome, UnavailableMessage } from './messages.ts'
import { Refusal } from './refusal.ts'
import { Unavailable } from './unavailable.ts'

export interface Answering {
  readonly realm: string
  /** What diagnostics call an issuer. */
  readonly labelOf: (issuer: string) => string
}

/** Every error leaves the validator through here: a refusal with the challenge of its route, and none untold. */
export function createAnswering({
  realm,
  labelOf,
}: Answering): <Result>(
  operation: JudgementTrace['operation'],
  guard: Guard,
  work: () => Promise<Result>,
) => Promise<Result> {
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

  return (operation, guard, work) => {
    const trace: JudgementTrace = { operation }
    return traced.judgement(trace, async () => {
      try {
        const result = await work()
        trace.outcome = result === undefined ? 'no_credentials' : 'accepted'
        return result
      } catch (error) {
        const scopes = guard.demands.scopes ?? []
        const told = error instanceof Refusal ? error.challengedBy({ realm, scopes }) : error
        trace.outcome = tell(told)
        throw told
      }
    })
  }
}

const outcomes: Readonly<Record<Unavailable['status'], UnavailableMessage['outcome']>> = {
  500: 'misconfigured',
  502: 'unintelligible_upstream',
  503: 'unreachable_upstream',
}

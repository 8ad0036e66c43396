import { diagnostics, type UnavailableMessage } from './diagnostics.ts'
import type { Guard } from './guards/guard.ts'
import { Refusal } from './refusal.ts'
import { Unavailable } from './unavailable.ts'

/** Every error leaves the validator through here: a refusal with the challenge of its route, and none untold. */
export async function answering<Result>(realm: string, guard: Guard, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) {
      const refusal = error.challengedBy({ realm, scopes: guard.demands.scopes ?? [] })
      diagnostics.refusal({ outcome: refusal.code ?? 'no_credentials', refusal })
      throw refusal
    }
    if (error instanceof Unavailable) {
      diagnostics.unavailable({ outcome: outcomes[error.status], error })
    } else {
      diagnostics.failure({ outcome: 'internal_error', error })
    }
    throw error
  }
}

const outcomes: Readonly<Record<Unavailable['status'], UnavailableMessage['outcome']>> = {
  500: 'misconfigured',
  502: 'unintelligible_upstream',
  503: 'unreachable_upstream',
}

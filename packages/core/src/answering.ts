import { diagnostics } from './diagnostics.ts'
import type { Guard } from './guards/guard.ts'
import { Refusal } from './refusal.ts'
import { Unavailable } from './unavailable.ts'

/** Every error leaves the validator through here: a refusal with the challenge of its route, and neither kind untold. */
export async function answering<Result>(realm: string, guard: Guard, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) {
      const refusal = error.challengedBy({ realm, scopes: guard.demands.scopes ?? [] })
      diagnostics.refusal({ refusal })
      throw refusal
    }
    if (error instanceof Unavailable) {
      diagnostics.unavailable({ error })
    }
    throw error
  }
}

import type { AccessTokenClaims } from '../access-token.ts'
import { callUserFunction } from '../responses/error-response.ts'
import { describe, expectFunction, expectText } from '../lib/invalid-option.ts'
import { Refusal } from '../responses/refusal.ts'
import { whenThere } from '../soon.ts'
import { createGuard, type Guard } from './guard.ts'

/**
 * The predicate holds for the claims; else 403 `insufficient_scope`, without scopes. It may answer later; what it throws
 * is a failure (500) and no refusal. `reason` is your id for logs and metrics, and never sent to the client.
 */
export function claims(predicate: (claims: AccessTokenClaims) => boolean | Promise<boolean>, reason: string): Guard {
  expectFunction(predicate, 'predicate')
  expectText(reason, 'reason')
  return createGuard({
    demands: {},
    stage: 'claims',
    check: (token) =>
      whenThere(
        callUserFunction(() => predicate(token.claims)),
        (outcome) => (expectBoolean(outcome) ? undefined : new Refusal({ reason })),
      ),
  })
}

/** Truthy is not true: a promise or a `Refusal` would let everybody through. */
function expectBoolean(outcome: unknown): boolean {
  if (typeof outcome !== 'boolean') {
    throw new TypeError(`Expected the predicate of claims(…) to return true or false, got ${describe(outcome)}`)
  }
  return outcome
}

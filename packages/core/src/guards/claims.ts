import type { AccessTokenClaims } from '../access-token.ts'
import { expectFunction, expectText } from '../invalid-option.ts'
import { Refusal } from '../refusal.ts'
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
    // Awaited, for the promise of a refusal is truthy too.
    check: async (token) =>
      (await predicate(token.claims)) ? undefined : new Refusal({ code: 'insufficient_scope', reason }),
  })
}

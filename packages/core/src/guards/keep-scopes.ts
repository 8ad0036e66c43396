import { createTokenGuard, type Guard } from './guard.ts'

/** For routes whose requests need different scopes: a challenge also names those of these scopes that the token has. */
export function keepScopes(names: readonly string[]): Guard {
  return createTokenGuard({ demands: { keptScopes: names }, stage: 'claims', check: () => 'pass' })
}

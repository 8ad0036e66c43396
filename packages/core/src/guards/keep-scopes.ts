import { createTokenGuard, type Guard } from './guard.ts'

/**
 * Accepts every token. The challenge of the route then also names those of these scopes that the token has, because the
 * next request of the client can need them.
 */
export function keepScopes(names: readonly string[]): Guard {
  return createTokenGuard({ demands: { keptScopes: names }, stage: 'claims', check: () => 'pass' })
}

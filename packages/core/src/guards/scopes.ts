import { createTokenGuard, expectScopes, type Guard, hasScopes, missingScope } from './guard.ts'

/**
 * Accepts a token with all these scopes (RFC 6749 §3.3: case counts, order does not). Otherwise 403
 * `insufficient_scope`, whose challenge names all scopes of the route.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a name that is no scope token, or without a name.
 */
export function scopes(...required: readonly string[]): Guard {
  const names = expectScopes(required)
  return createTokenGuard({
    demands: { scopes: names },
    stage: 'scopes',
    check: (token) => (hasScopes(token, names) ? 'pass' : missingScope(token)),
  })
}

/**
 * Accepts a token with at least one of these scopes. Otherwise 403 `insufficient_scope`, whose challenge names all of
 * them.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a name that is no scope token, or without a name.
 */
export function anyScope(...accepted: readonly string[]): Guard {
  const names = expectScopes(accepted)
  return createTokenGuard({
    demands: { scopes: names },
    stage: 'scopes',
    check: (token) => (names.some((scope) => token.scopes.has(scope)) ? 'pass' : missingScope(token)),
  })
}

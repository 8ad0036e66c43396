import { expectScopes } from './expect-scopes.ts'
import { createTokenGuard, type Guard, hasScopes, missingScope } from './guard.ts'

/**
 * Accepts a token with all these scopes (RFC 6749 §3.3: case counts, order does not). Otherwise 403
 * `insufficient_scope`, whose challenge names all scopes of the route.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a name that is no scope token, or without a name.
 */
export function scopes(...required: readonly string[]): Guard {
  const names = expectScopes(required)
  return scopeGuard(names, [names])
}

/**
 * Accepts a token with at least one of these scopes. Otherwise 403 `insufficient_scope`, whose challenge names all of
 * them.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a name that is no scope token, or without a name.
 */
export function anyScope(...accepted: readonly string[]): Guard {
  const names = expectScopes(accepted)
  return scopeGuard(
    names,
    names.map((name) => Object.freeze([name])),
  )
}

/** The token needs all scopes of one of the alternatives. */
function scopeGuard(names: readonly string[], alternatives: readonly (readonly string[])[]): Guard {
  return createTokenGuard({
    demands: { scopes: names },
    structure: { kind: 'scopes', alternatives: Object.freeze(alternatives) },
    stage: 'scopes',
    check: (token) => (alternatives.some((each) => hasScopes(token, each)) ? 'pass' : missingScope(token)),
  })
}

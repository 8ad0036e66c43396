import { Refusal } from '../responses/refusal.ts'
import { createGuard, expectScopes, type Guard } from './guard.ts'

/** The token has every one of these scopes (RFC 6749 §3.3: case-sensitive, no order); else 403 `insufficient_scope`, naming all that the route needs. */
export function scopes(...required: readonly string[]): Guard {
  const wanted = expectScopes(required)
  return createGuard({
    demands: { scopes: wanted },
    stage: 'scopes',
    check: (token) => (wanted.every((scope) => token.scopes.has(scope)) ? undefined : missing()),
  })
}

/** The token has at least one of these scopes; else 403 `insufficient_scope`. The challenge names all of them, in the order given. */
export function anyScope(...accepted: readonly string[]): Guard {
  const wanted = expectScopes(accepted)
  return createGuard({
    demands: { scopes: wanted },
    stage: 'scopes',
    check: (token) => (wanted.some((scope) => token.scopes.has(scope)) ? undefined : missing()),
  })
}

function missing(): Refusal {
  return new Refusal({ reason: 'missing-scope' })
}

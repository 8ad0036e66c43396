import { isScope } from '../challenge.ts'
import { describe, invalidOption } from '../invalid-option.ts'
import { Refusal } from '../refusal.ts'
import { createGuard, type Guard } from './guard.ts'

/** The token has every one of these scopes (RFC 6749 §3.3: case-sensitive, no order); else 403 `insufficient_scope`, naming all that the route needs. */
export function scopes(...required: readonly string[]): Guard {
  expectScopes(required)
  return createGuard({
    demands: { scopes: required },
    stage: 'scopes',
    check: (token) => (required.every((scope) => token.scopes.has(scope)) ? undefined : missing()),
  })
}

/** The token has at least one of these scopes; else 403 `insufficient_scope`. The challenge names all of them, in the order given. */
export function anyScope(...accepted: readonly string[]): Guard {
  expectScopes(accepted)
  return createGuard({
    demands: { scopes: accepted },
    stage: 'scopes',
    check: (token) => (accepted.some((scope) => token.scopes.has(scope)) ? undefined : missing()),
  })
}

function missing(): Refusal {
  return new Refusal({ reason: 'missing-scope' })
}

function expectScopes(names: readonly unknown[]): void {
  if (names.length === 0) {
    throw invalidOption('Expected at least one scope, got none')
  }
  for (const name of names) {
    if (typeof name !== 'string' || !isScope(name)) {
      throw invalidOption(
        `Expected each scope to be printable ASCII without spaces, quotes and backslashes, one scope per argument, got ${describe(name)}`,
      )
    }
  }
}

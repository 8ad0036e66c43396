import { describe, invalidOption } from '../lib/invalid-option.ts'
import { isScope } from '../responses/challenge.ts'

/** Checks that each name is a scope token (RFC 6749 §3.3), because the names go into a header. */
export function expectScopes(names: readonly unknown[]): readonly string[] {
  if (!Array.isArray(names) || names.length === 0) {
    throw invalidOption(`Expected at least one scope, got ${Array.isArray(names) ? 'none' : describe(names)}`)
  }
  for (const name of names) {
    if (typeof name !== 'string' || !isScope(name)) {
      const hint = Array.isArray(name) || / /.test(String(name)) ? ": did you mean several, 'a', 'b'?" : ''
      throw invalidOption(
        `Expected each scope to be printable ASCII without spaces, quotes and backslashes, one scope per string, got ${describe(name)}${hint}`,
      )
    }
  }
  return Object.freeze([...names])
}

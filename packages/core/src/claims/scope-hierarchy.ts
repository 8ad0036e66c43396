import { describe, invalidOption } from '../lib/invalid-option.ts'
import { isPlainObject } from '../lib/record.ts'
import { isScope } from '../responses/challenge.ts'

/** All scopes that a scope implies, directly or indirectly. */
export type ScopeHierarchy = ReadonlyMap<string, readonly string[]>

/** Checks the option `scopeHierarchy` and resolves indirect implications. */
export function expectScopeHierarchy(option: unknown): ScopeHierarchy {
  if (option === undefined) {
    return new Map()
  }
  if (!isPlainObject(option)) {
    throw invalidOption(
      `Expected \`scopeHierarchy\` to be an object such as { admin: ['write'], write: ['read'] }, got ${describe(option)}`,
    )
  }
  const direct = new Map(Object.entries(option).map(([scope, implied]) => [scope, expectImplied(scope, implied)]))
  return new Map([...direct.keys()].map((scope) => [scope, impliedBy(scope, direct)]))
}

function expectImplied(scope: string, implied: unknown): readonly string[] {
  const names: readonly unknown[] = Array.isArray(implied) ? implied : [implied]
  if (names.length === 0 || ![scope, ...names].every((name) => typeof name === 'string' && isScope(name))) {
    throw invalidOption(
      'Expected `scopeHierarchy` to name, for each scope, at least one that it implies, each as a string of its own without spaces, quotes and backslashes',
    )
  }
  return names as readonly string[]
}

/** A `Set` iterates over the names that are added meanwhile, so that this loop meets each implied scope once. */
function impliedBy(scope: string, direct: ScopeHierarchy): readonly string[] {
  const implied = new Set(direct.get(scope))
  for (const name of implied) {
    if (name === scope) {
      throw invalidOption(
        `Expected no circle in \`scopeHierarchy\`, but ${scope} implies itself: use one name for scopes that imply each other`,
      )
    }
    direct.get(name)?.forEach((further) => implied.add(further))
  }
  return [...implied]
}

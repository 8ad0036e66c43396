import type { AccessTokenClaims } from '../access-token.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { isRecord, own } from '../lib/record.ts'
import type { ScopeHierarchy } from './scope-hierarchy.ts'

/** The path of a claim: its name, or the names that lead to it. */
export type ClaimPath = string | readonly string[]

/** The claims that hold scopes. `'the scope string'` is that of RFC 9068 §2.2.3, where an array grants nothing. */
export type ScopeSources = 'the scope string' | readonly (readonly string[])[]

/** Returns the scopes that a token grants: those in its claims, and those that they imply. */
export type GrantedScopes = (claims: AccessTokenClaims) => ReadonlySet<string>

export function createGrantedScopes(sources: ScopeSources, hierarchy: ScopeHierarchy): GrantedScopes {
  return (claims) => {
    const names = new Set(namesAt(claims, sources))
    // The set has at most the names of the token and those of the hierarchy, however often the token repeats a name.
    for (const name of Array.from(names)) {
      hierarchy.get(name)?.forEach((implied) => names.add(implied))
    }
    return names
  }
}

function namesAt(claims: AccessTokenClaims, sources: ScopeSources): readonly string[] {
  if (sources === 'the scope string') {
    const scope = own(claims, 'scope')
    return typeof scope === 'string' ? namesIn(scope) : []
  }
  return sources.flatMap((path) => namesIn(valueAt(claims, path)))
}

/** A space-separated string (RFC 6749 §3.3) or an array of names. Other values grant nothing. */
function namesIn(value: unknown): readonly string[] {
  const names: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  return names.filter((name) => typeof name === 'string' && name !== '') as string[]
}

function valueAt(claims: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name) => (isRecord(value) ? own(value, name) : undefined), claims)
}

/** Checks the option `scopesFrom` and splits each path into its names. */
export function expectScopesFrom(option: string | readonly ClaimPath[] | undefined): ScopeSources {
  if (option === undefined) {
    return 'the scope string'
  }
  const paths: readonly unknown[] = Array.isArray(option) ? option : [option]
  if (paths.length === 0) {
    throw invalidOption('Expected `scopesFrom` to name at least one claim, got an empty array')
  }
  return Object.freeze(paths.map(expectPath))
}

/** A name that contains `://` is the name of one claim. In other names dots separate the steps of the path. */
function expectPath(path: unknown): readonly string[] {
  const names: unknown = typeof path === 'string' ? (path.includes('://') ? [path] : path.split('.')) : path
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string' && name !== '')) {
    const got = typeof path === 'string' && path !== '' ? `'${path.slice(0, 100)}'` : describe(path)
    throw invalidOption(
      `Expected each of \`scopesFrom\` to be the path of a claim, such as 'scp', 'realm_access.roles' or ['resource_access', 'my.client', 'roles'], got ${got}`,
    )
  }
  return Object.freeze([...names])
}

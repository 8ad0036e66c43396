import type { AccessTokenClaims } from '../access-token.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { isRecord } from '../lib/record.ts'
import type { ScopeHierarchy } from './scope-hierarchy.ts'

/** Where in the claims something stands: the name of a claim, or the names that lead to it. */
export type ClaimPath = string | readonly string[]

/**
 * `'scope'` is the string of RFC 9068 §2.2.3 and RFC 7662 §2.2, which is all that counts unless an issuer has `scopesFrom`.
 * An array at `scope` then grants nothing.
 */
export type ScopeSources = 'the scope string' | readonly (readonly string[])[]

/** Reads what a token grants: the scopes at each of the places, and what they imply. */
export function createScopeReader(
  sources: ScopeSources,
  hierarchy: ScopeHierarchy,
): (claims: AccessTokenClaims) => readonly string[] {
  const implied = (names: readonly string[]): readonly string[] =>
    Object.freeze(hierarchy.size === 0 ? names : names.flatMap((name) => [name, ...(hierarchy.get(name) ?? [])]))

  if (sources === 'the scope string') {
    const grantedBy = rememberFew((scope) => implied(namesIn(scope)))
    return ({ scope }) => grantedBy(typeof scope === 'string' ? scope : '')
  }
  return (claims) => implied(sources.flatMap((path) => namesIn(valueAt(claims, path))))
}

const most = 1000
const longest = 1000

/** An issuer gives out few combinations of scopes, and each to many. */
function rememberFew(read: (text: string) => readonly string[]): typeof read {
  const known = new Map<string, readonly string[]>()

  function remember(text: string): readonly string[] {
    const names = read(text)
    if (known.size >= most) {
      known.clear()
    }
    if (text.length <= longest) {
      known.set(text, names)
    }
    return names
  }

  return (text) => known.get(text) ?? remember(text)
}

/** A space-separated string (RFC 6749 §3.3), or an array of names; anything else grants nothing. */
function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) {
    return value.filter(isName)
  }
  return typeof value === 'string' ? value.split(' ').filter(isName) : []
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function valueAt(claims: unknown, path: readonly string[]): unknown {
  let value = claims
  for (const name of path) {
    value = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return value
}

/** The option `scopesFrom`, each path as its names. */
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

/** A name with `://` in it is that of one claim, as namespaced claims are; any other is a path, its names apart by dots. */
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

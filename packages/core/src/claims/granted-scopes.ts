import type { AccessTokenClaims } from '../access-token.ts'
import { describe } from '../lib/invalid-option.ts'
import { isRecord, own } from '../lib/record.ts'
import { callApplicationNow } from '../responses/error-response.ts'
import { type PathNames, valueAt } from './claim-path.ts'
import type { ScopeSources } from './dialect.ts'
import type { ScopeHierarchy } from './scope-hierarchy.ts'

/** Returns the scopes that a token grants: those in its claims, and those that they imply. */
export type GrantedScopes = (claims: AccessTokenClaims) => ReadonlySet<string>

/** A function of the application can return no more names. The size of a token bounds the names in its claims. */
const maxNames = 1000

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
  if (sources === 'default') {
    const scope = own(claims, 'scope')
    return typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []
  }
  return typeof sources === 'function'
    ? expectNames(callApplicationNow(() => sources(claims)))
    : sources.flatMap((path) => namesIn(valueAt(claims, path), isScopeClaim(path) ? ' ' : /[ ,]/))
}

/** A scope of OAuth can contain a comma (RFC 6749 §3.3), so that only spaces separate those in `scope` and `scp`. */
function isScopeClaim(path: PathNames): boolean {
  return path.length === 1 && (path[0] === 'scope' || path[0] === 'scp')
}

/** A string, an array of names, or an object with these names. Other values grant nothing. */
function namesIn(value: unknown, separator: string | RegExp): readonly string[] {
  if (typeof value === 'string') {
    return value.split(separator).filter((name) => name !== '')
  }
  if (Array.isArray(value)) {
    return value.filter((name) => typeof name === 'string' && name !== '') as string[]
  }
  const members = isRecord(value) ? Object.entries(value) : []
  return members.filter(([name, member]) => name !== '' && member !== false && member !== null).map(([name]) => name)
}

function expectNames(result: unknown): readonly string[] {
  if (!Array.isArray(result) || !result.every((name) => typeof name === 'string' && name !== '')) {
    throw new TypeError(
      `Expected the function \`scopes\` of a dialect to return an array of strings, got ${describe(result)}`,
    )
  }
  if (result.length > maxNames) {
    throw new TypeError(`Expected the function \`scopes\` of a dialect to return at most ${maxNames} scopes`)
  }
  return result as readonly string[]
}

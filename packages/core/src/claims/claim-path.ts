import { escapeCharacter } from '../lib/ascii.ts'
import { describe, invalidOption } from '../lib/invalid-option.ts'
import { isRecord, own } from '../lib/record.ts'

/**
 * The place of a claim: its name, or the names that lead to it. In a string, dots separate the names, such as
 * `'realm_access.roles'`. A string that contains `://` is the name of one claim. A path whose names contain dots is an
 * array, such as `['resource_access', 'my.client', 'roles']`.
 */
export type ClaimPath = string | readonly string[]

/** A claim path in its names. */
export type PathNames = readonly string[]

/** The value at this path, through own members of objects only. `null` and an empty text are absent. */
export function valueAt(claims: unknown, path: PathNames): unknown {
  const value = path.reduce((at, name) => (isRecord(at) ? own(at, name) : undefined), claims)
  return value === null || value === '' ? undefined : value
}

/** Checks one claim path of an option, and splits it into its names. */
export function expectPath(path: unknown, option: string): PathNames {
  const names: unknown = typeof path === 'string' ? (path.includes('://') ? [path] : path.split('.')) : path
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string' && name !== '')) {
    const got = typeof path === 'string' && path !== '' ? `'${path.slice(0, 100)}'` : describe(path)
    throw invalidOption(
      `Expected each path in \`${option}\` to be the path of a claim, such as 'scp', 'realm_access.roles' or ['resource_access', 'my.client', 'roles'], got ${got}`,
    )
  }
  return Object.freeze([...(names as readonly string[])])
}

/** Checks one claim path or a list of them. A path whose names contain dots is an array within the list. */
export function expectPaths(option: unknown, name: string): readonly PathNames[] {
  const paths: readonly unknown[] = Array.isArray(option) ? option : [option]
  if (paths.length === 0) {
    throw invalidOption(`Expected \`${name}\` to name at least one claim, got an empty array`)
  }
  return Object.freeze(paths.map((path) => expectPath(path, name)))
}

/** A path in a message or in `claimPaths`, such as `tenant`, `lines[0]` or `["https://api.example/tenant"].id`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.map(formatKey).join('').replace(/^\./, '').slice(0, maxPathLength)
}

const maxPathLength = 200

/** A name that is not plain is quoted and escaped, because a token can choose it. */
function formatKey(key: PropertyKey): string {
  if (typeof key === 'number') {
    return `[${key}]`
  }
  const name = String(key)
  return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name).replaceAll(/[^\x20-\x7E]/g, escapeCharacter)}]`
}

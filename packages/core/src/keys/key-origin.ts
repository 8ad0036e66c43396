import { readFileSync } from 'node:fs'
import { expectFetchedUrl } from '../http/expect-fetched-url.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import { isRecord, own } from '../lib/record.ts'
import { expectSharedSecrets } from './expect-shared-secrets.ts'
import type { KeyFunction } from './function-keys.ts'
import { readGivenKeys } from './given-keys.ts'
import { type KeySet, secretKeySet } from './key-set.ts'
import { isPem } from './pem.ts'

/** The configured origin of the keys of an issuer. `seed` are keys that serve until the first fetch. */
export type KeyOrigin =
  | { readonly from: 'metadata'; readonly seed: KeySet | undefined }
  | { readonly from: 'url'; readonly url: string; readonly seed: KeySet | undefined }
  | { readonly from: 'inline'; readonly keys: KeySet }
  | { readonly from: 'secret'; readonly keys: KeySet }
  | { readonly from: 'function'; readonly load: KeyFunction; readonly seed: undefined }

/**
 * Checks the options `keys`, `secret` and `seed` of an issuer. Keys must contain one that can verify a signature, and
 * no private material.
 */
export function expectKeyOrigin(
  { keys, secret, seed }: { readonly keys?: unknown; readonly secret?: unknown; readonly seed?: unknown },
  algorithms: readonly string[],
): KeyOrigin {
  if (keys !== undefined && secret !== undefined) {
    throw invalidOption('Expected `keys` or `secret`, got both: an issuer with both would invite algorithm confusion')
  }
  const isFetched = secret === undefined && (keys === undefined || isUrl(keys))
  if (!isFetched && seed !== undefined) {
    throw invalidOption('Expected `seed` only where keys are fetched: with neither `secret` nor `keys` without a URL')
  }
  if (secret !== undefined) {
    return { from: 'secret', keys: secretKeySet(expectSharedSecrets(secret, algorithms)) }
  }
  if (typeof keys === 'function') {
    return { from: 'function', load: keys as KeyFunction, seed: undefined }
  }
  const seedKeys = seed === undefined ? undefined : expectSeed(seed)
  if (keys === undefined) {
    return { from: 'metadata', seed: seedKeys }
  }
  const forms = 'the URL of a JWK Set, a JWK Set, one JWK, PEM text or a function'
  const createError = (expected: string): Error => invalidOption(`Expected \`keys\` to ${expected}`)
  return isUrl(keys)
    ? { from: 'url', url: expectFetchedUrl(keys, 'keys', forms), seed: seedKeys }
    : { from: 'inline', keys: readGivenKeys(keys, { forms, createError }) }
}

/** Whether a text is meant as a URL. Every other text is PEM. */
function isUrl(keys: unknown): boolean {
  return keys instanceof URL || (typeof keys === 'string' && !isPem(keys))
}

function isPath(value: unknown): value is string | URL {
  return typeof value === 'string' || value instanceof URL
}

function readSeed(file: string | URL): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    if (!(cause instanceof Error)) {
      throw cause
    }
    const code = own(cause, 'code')
    const why = cause instanceof SyntaxError ? 'it is not JSON' : typeof code === 'string' ? code : 'it cannot be read'
    const shown = /^\s*[{[]/.test(String(file)) ? 'the text of a set' : String(file).slice(0, 200)
    const hint = /^https?:/.test(String(file)) ? '; the URL of a set that is fetched is given as `keys`' : ''
    throw invalidOption(
      `Expected \`seed\` to be a JWK Set or the path of a file that contains one, got ${shown} (${why})${hint}`,
    )
  }
}

/** A seed is a set, because it stands in for one. */
function expectSeed(seed: unknown): KeySet {
  const set = isPath(seed) ? readSeed(seed) : seed
  const forms = 'a JWK Set: { keys: [...] }, or the path of a file that contains one'
  const createError = (expected: string): Error => invalidOption(`Expected \`seed\` to ${expected}`)
  return readGivenKeys(isRecord(set) ? { keys: own(set, 'keys') ?? null } : null, { forms, createError })
}

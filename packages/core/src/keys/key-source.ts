import type { JSONWebKeySet } from 'jose'
import { alwaysFresh, type DocumentHealth } from '../http/document-health.ts'
import type { Holdable } from '../http/holders.ts'
import { type KeySet, parseKeySet, secretKeySet } from './key-set.ts'

/** Where the keys of an issuer come from. `current` and `retry` reject with an `UpstreamError` when there are none to be had; nothing here throws at once. */
export interface KeySource {
  readonly current: () => Promise<KeySet>
  /** The current keys where nobody has to wait for them; else `undefined`. Who knows the time need not have it looked for. */
  readonly atOnce: (now?: number) => KeySet | undefined
  /**
   * Fetches once more because the current keys do not verify a token: whether the newer ones do. A fruitless attempt
   * starts a cooldown, in which the answer is no at once: made-up key ids must not become a storm of fetches.
   */
  readonly retry: (verifies: (keys: KeySet) => Promise<boolean>) => Promise<boolean>
  /** Who holds it keeps the keys up to date; `undefined` where they never change. */
  readonly held: Holdable | undefined
  /** Resolves when there are keys to verify by, after an attempt to have the current ones. */
  readonly ready: () => Promise<unknown>
  /** Whether the keys in use have been the issuer's own word once: only then a key that is not among them, and cannot be looked for, is taken for made up. */
  readonly isProven: () => boolean
  readonly health: () => KeySourceHealth
}

/** Keys that are fetched. */
export interface FetchedKeys extends KeySource {
  /** Those that were fetched and may still be used; nobody is asked. */
  readonly atHand: () => KeySet | undefined
}

interface KeySourceHealth {
  readonly keys: DocumentHealth
  /** Of the metadata that names the key set; `undefined` when it is configured. */
  readonly metadata: DocumentHealth | undefined
}

const fixed: Omit<KeySource, 'current' | 'atOnce' | 'ready'> = {
  retry: async () => false,
  held: undefined,
  isProven: () => true,
  health: () => ({ keys: alwaysFresh, metadata: undefined }),
}

/** Keys that never change: given inline. */
export function inlineKeys(jwks: JSONWebKeySet): KeySource {
  let parsing: Promise<KeySet> | undefined
  let parsed: KeySet | undefined
  const parse = async (): Promise<KeySet> => (parsed = await parseKeySet(jwks, '`keys`'))
  const current = (): Promise<KeySet> => (parsing ??= parse())
  return { current, atOnce: () => parsed, ready: current, ...fixed }
}

/** A secret shared with the issuer, for HMAC. */
export function sharedSecret(secret: Uint8Array): KeySource {
  const keys = secretKeySet(secret)
  const current = async (): Promise<KeySet> => keys
  return { current, atOnce: () => keys, ready: current, ...fixed }
}

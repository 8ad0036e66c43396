import type { JSONWebKeySet } from 'jose'
import { nameOf } from '../http/exchange.ts'
import { deadline, fetchJson } from '../http/fetch-json.ts'
import { createRemembered } from '../http/remembered.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import { UpstreamError } from '../unavailable.ts'
import { type KeySet, parseKeySet, secretKeySet } from './key-set.ts'

/** Where the keys of an issuer come from. Its methods throw an `UpstreamError` when there are none to be had. */
export interface KeySource {
  current(): Promise<KeySet>
  /**
   * Fetches once more because the current keys do not verify a token: whether the newer ones do. A fruitless attempt
   * starts a cooldown, in which the answer is no at once: made-up key ids must not become a storm of fetches.
   */
  retry(verifies: (keys: KeySet) => Promise<boolean>): Promise<boolean>
}

const minute = 60_000
const keysAreFreshFor = 10 * minute
const staleFor = 60 * minute
const cooldown = 30_000

/** Keys that never change: given inline. */
export function inlineKeys(jwks: JSONWebKeySet): KeySource {
  let parsed: Promise<KeySet> | undefined
  return {
    current: () => (parsed ??= parseKeySet(jwks, '`keys`')),
    retry: async () => false,
  }
}

/** A secret shared with the issuer, for HMAC. */
export function sharedSecret(secret: Uint8Array): KeySource {
  const keys = secretKeySet(secret)
  return { current: async () => keys, retry: async () => false }
}

const shared = createShared<KeySource>()

/** A remote key set, fetched when it is first needed and shared by all in this process who name its URL. */
export function remoteKeys(url: string, outside: Outside): KeySource {
  return shared(url, outside, () => createRemoteKeys(url, outside))
}

function createRemoteKeys(url: string, { dispatcher, clock }: Outside): KeySource {
  let wasUsable = false

  async function load(): Promise<KeySet> {
    const keys = await parseKeySet(await fetchJson(url, dispatcher, deadline()), nameOf(url))
    if (wasUsable && !keys.isUsable) {
      // A set that was good is not replaced by one that is good for nothing.
      throw new UpstreamError({
        reason: 'no-usable-key',
        message: `${nameOf(url)} holds no key that can verify a signature`,
      })
    }
    wasUsable = keys.isUsable
    return keys
  }

  const remembered = createRemembered({ load, clock, freshFor: keysAreFreshFor, staleFor })
  let restsUntil = 0

  async function retry(verifies: (keys: KeySet) => Promise<boolean>): Promise<boolean> {
    if (clock() < restsUntil && !remembered.isLoading()) {
      return false
    }
    // The cooldown starts with the attempt, so that nobody slips in between the answer and its judgement.
    restsUntil = remembered.isLoading() ? restsUntil : clock() + cooldown
    try {
      const isFruitful = await verifies(await remembered.reload())
      restsUntil = isFruitful ? 0 : restsUntil
      return isFruitful
    } catch (error) {
      restsUntil = 0
      throw error
    }
  }

  return { current: remembered.current, retry }
}

/** The key set that an issuer's metadata names; nothing is asked before the first token. */
export function discoveredKeys(issuer: string, outside: Outside): KeySource {
  const jwksUri = discoveredEndpoint(issuer, 'jwks_uri', outside)
  const keys = async (): Promise<KeySource> => remoteKeys(await jwksUri.current(), outside)
  return {
    current: async () => (await keys()).current(),
    retry: async (verifies) => (await keys()).retry(verifies),
  }
}

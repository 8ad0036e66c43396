import { notLookedFor } from '../http/document-health.ts'
import type { Outside } from '../http/shared.ts'
import { discoveredEndpoint } from '../metadata/discovered-endpoint.ts'
import { UpstreamError } from '../unavailable.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'
import { type RemoteKeys, remoteKeys } from './remote-keys.ts'

/**
 * The key set that an issuer's metadata names; nothing is asked before the first token. When the metadata names another place, whose
 * keys cannot be had, those that are kept of the place before serve on within their bounds.
 */
export function discoveredKeys(issuer: string, outside: Outside): KeySource {
  const jwksUri = discoveredEndpoint(issuer, 'jwks_uri', outside)
  let latest: { readonly url: string; readonly keys: RemoteKeys } | undefined
  let proven: RemoteKeys | undefined

  async function source(): Promise<RemoteKeys> {
    const url = await jwksUri.current()
    latest = latest?.url === url ? latest : { url, keys: remoteKeys(url, outside) }
    return latest.keys
  }

  async function current(): Promise<KeySet> {
    const keys = await source()
    try {
      const found = await keys.current()
      proven = keys
      return found
    } catch (error) {
      const before = proven === keys ? undefined : proven?.atHand()
      if (before === undefined || !(error instanceof UpstreamError)) {
        throw error
      }
      return before
    }
  }

  return {
    current,
    ready: current,
    retry: async (verifies) => (await source()).retry(verifies),
    health: () => ({ keys: latest?.keys.health().keys ?? notLookedFor, metadata: jwksUri.health() }),
  }
}

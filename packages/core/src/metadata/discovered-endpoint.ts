import { type CachedDocument, createCachedDocument } from '../http/cached-document.ts'
import { notFetched } from '../http/document-health.ts'
import type { Network } from '../http/network.ts'
import { discover, type FoundEndpoint, type MetadataMember } from './metadata.ts'

/** An endpoint that the metadata of an issuer names. */
export type DiscoveredEndpoint = Pick<
  CachedDocument<FoundEndpoint>,
  'current' | 'cached' | 'renew' | 'usable' | 'age' | 'health'
>

/**
 * An endpoint of an issuer. Discovery happens on its first use, and all validators share it. Each endpoint is a
 * document of its own, so that one that is missing does not affect the others. It looks the document up on each use, so
 * that the cache can evict it.
 */
export function discoveredEndpoint(issuer: string, member: MetadataMember, network: Network): DiscoveredEndpoint {
  const entry = network.documents.entry(`${member} ${issuer}`, (resize) =>
    createCachedDocument<FoundEndpoint>({
      kind: 'metadata',
      network,
      load: (options) => discover(issuer, member, network, options),
      onLoaded: ({ endpoint, foundAt }) => resize(4 * (endpoint.length + foundAt.length)),
    }),
  )

  return {
    current: () => entry.get().current(),
    cached: (now) => entry.find()?.cached(now),
    renew: () => entry.get().renew(),
    usable: () => entry.find()?.usable(),
    age: () => entry.find()?.age() ?? Infinity,
    health: () => entry.find()?.health() ?? notFetched,
  }
}

import { type CachedDocument, createCachedDocument, notFetched } from '../http/cached-document.ts'
import type { Network } from '../http/network.ts'
import { discover, type FoundEndpoint } from './metadata.ts'
import type { MetadataMember } from './metadata-document.ts'
import { formatSource, type MetadataSource } from './metadata-source.ts'

/**
 * An endpoint of an issuer. Discovery happens on its first use, and all validators share it. Each endpoint is a
 * document of its own, so that one that is missing does not affect the others.
 */
export function discoveredEndpoint(
  source: MetadataSource,
  member: MetadataMember,
  network: Network,
): Pick<CachedDocument<FoundEndpoint>, 'current' | 'health'> {
  const name = JSON.stringify([member, formatSource(source)])
  const entry = network.shared(name, (resize) => endpointDocument(source, member, network, resize))
  return { current: () => entry.get().current(), health: () => entry.find()?.health() ?? notFetched }
}

/** The same, not shared. */
export function endpointDocument(
  source: MetadataSource,
  member: MetadataMember,
  network: Network,
  resize: (bytes: number) => void,
): CachedDocument<FoundEndpoint> {
  return createCachedDocument<FoundEndpoint>({
    purpose: 'metadata',
    timeout: source.timeout,
    network,
    load: (options) => discover(source, member, options),
    onLoaded: ({ endpoint }) => resize(8 * endpoint.length),
  })
}

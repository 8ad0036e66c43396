import { type CachedDocument, createCachedDocument, notFetched } from '../http/cached-document.ts'
import type { Network } from '../http/network.ts'
import { discover, type FoundEndpoint, type MetadataMember } from './metadata.ts'

/**
 * An endpoint of an issuer. Discovery happens on its first use, and all validators share it. Each endpoint is a
 * document of its own, so that one that is missing does not affect the others.
 */
export function discoveredEndpoint(
  issuer: string,
  member: MetadataMember,
  network: Network,
): Pick<CachedDocument<FoundEndpoint>, 'current' | 'health'> {
  const entry = network.shared(`${member} ${issuer}`, (resize) => endpointDocument(issuer, member, network, resize))
  return { current: () => entry.get().current(), health: () => entry.find()?.health() ?? notFetched }
}

/** The same, not shared. */
export function endpointDocument(
  issuer: string,
  member: MetadataMember,
  network: Network,
  resize: (bytes: number) => void,
): CachedDocument<FoundEndpoint> {
  return createCachedDocument<FoundEndpoint>({
    purpose: 'metadata',
    network,
    load: (options) => discover(issuer, member, options),
    onLoaded: ({ endpoint }) => resize(8 * endpoint.length),
  })
}

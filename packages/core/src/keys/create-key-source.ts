import type { Network } from '../http/network.ts'
import { discoveredKeys } from './discovered-keys.ts'
import type { KeyOrigin } from './key-origin.ts'
import { fixedKeys, type KeySource } from './key-source.ts'
import { remoteKeys } from './remote-keys.ts'
import { seededKeys } from './seeded-keys.ts'

/** The keys of an issuer, from their configured origin. It fetches nothing before their first use. */
export function createKeySource(issuer: string, origin: KeyOrigin, network: Network): KeySource {
  if (origin.from === 'inline' || origin.from === 'secret') {
    return fixedKeys(origin.keys)
  }
  const keys = origin.from === 'url' ? remoteKeys(origin.url, network) : discoveredKeys(issuer, network)
  const name = origin.from === 'url' ? origin.url : issuer
  return origin.seed === undefined ? keys : seededKeys(origin.seed, keys, name, network)
}

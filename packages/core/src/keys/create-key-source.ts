import type { Network } from '../http/network.ts'
import { discoveredKeys } from './discovered-keys.ts'
import type { KeyOrigin } from './key-origin.ts'
import { fixedKeys, type KeySource } from './key-source.ts'
import { remoteKeys } from './remote-keys.ts'
import { seededKeys } from './seeded-keys.ts'

/** The keys of an issuer, from their configured origin. It fetches nothing before their first use. */
export function createKeySource(issuer: string, origin: KeyOrigin, network: Network): KeySource {
  switch (origin.from) {
    case 'metadata': {
      const keys = discoveredKeys(issuer, network)
      return origin.seed === undefined ? keys : seededKeys(origin.seed, { keys, name: issuer, network })
    }
    case 'url': {
      const keys = remoteKeys(origin.url, network)
      return origin.seed === undefined ? keys : seededKeys(origin.seed, { keys, name: origin.url, network })
    }
    case 'inline':
    case 'secret':
      return fixedKeys(origin.keys)
  }
}

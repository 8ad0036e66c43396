import type { Network } from '../http/network.ts'
import type { MetadataSource } from '../metadata/metadata-source.ts'
import { discoveredKeys } from './discovered-keys.ts'
import { functionKeys } from './function-keys.ts'
import type { KeySettings } from './key-options.ts'
import { fixedKeys, type KeySource } from './key-source.ts'
import { remoteKeys } from './remote-keys.ts'
import { seededKeys } from './seeded-keys.ts'
import { tenantKeys } from './tenant-keys.ts'

/** The keys of an issuer, from their configured origin. It fetches nothing before their first use. */
export function createKeySource(
  metadata: MetadataSource,
  { keys: origin, timeouts }: Pick<KeySettings, 'keys' | 'timeouts'>,
  network: Network,
): KeySource {
  const { issuer } = metadata
  if (origin.from === 'inline' || origin.from === 'secret') {
    return fixedKeys(origin.keys.of(issuer))
  }
  if (origin.from === 'function') {
    return functionKeys(origin.load, { issuer, timeout: timeouts.keys, network })
  }
  const isAtUrl = origin.from === 'url'
  const keys = isAtUrl
    ? remoteKeys(origin.url, timeouts.keys, network)
    : discoveredKeys(metadata, timeouts.keys, network)
  const name = isAtUrl ? origin.url : issuer
  return tenantKeys(issuer, origin.seed === undefined ? keys : seededKeys(origin.seed, keys, name, network))
}

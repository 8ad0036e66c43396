import type { Network } from '../http/network.ts'
import type { MetadataSource } from '../metadata/metadata-source.ts'
import { discoveredKeys } from './discovered-keys.ts'
import { functionKeys } from './function-keys.ts'
import type { KeySettings } from './key-options.ts'
import { type FetchedKeys, fixedKeys, type KeySource, type KeySourceHealth } from './key-source.ts'
import { expectUsable, remoteKeys } from './remote-keys.ts'
import { seededKeys } from './seeded-keys.ts'

/** The keys of an issuer, from their configured origin. It fetches nothing before their first use. */
export function createKeySource(
  metadata: MetadataSource,
  { keys: origin, timeouts }: Pick<KeySettings, 'keys' | 'timeouts'>,
  network: Network,
): KeySource {
  const { issuer } = metadata
  if (origin.from === 'inline' || origin.from === 'secret') {
    return fixedKeys(origin.keys)
  }
  if (origin.from === 'function') {
    return functionKeys(origin.load, { issuer, timeout: timeouts.keys, network })
  }
  const isAtUrl = origin.from === 'url'
  const keys = isAtUrl
    ? remoteKeys(origin.url, timeouts.keys, network)
    : discoveredKeys(metadata, timeouts.keys, network)
  const name = isAtUrl ? origin.url : issuer
  return forIssuer(issuer, origin.seed === undefined ? keys : seededKeys(origin.seed, keys, name, network))
}

/** Several issuers can share a set, and it may be usable for some of them only. */
function forIssuer(issuer: string, keys: FetchedKeys): KeySource {
  function health(): KeySourceHealth {
    const shared = keys.health()
    const all = keys.usable()
    const isFaulty = all !== undefined && all.isUsable && !all.of(issuer).isUsable
    return isFaulty ? { ...shared, keys: { ...shared.keys, state: 'missing', lastFailure: 'no-usable-key' } } : shared
  }

  return {
    ...keys,
    trusts: (identity, now) => keys.cached(now)?.identities.has(identity) === true,
    ready: async () => expectUsable((await keys.ready()).of(issuer), `The key set of ${issuer}`),
    health,
  }
}

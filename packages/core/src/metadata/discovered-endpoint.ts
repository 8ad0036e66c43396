import { createRemembered, type Remembered } from '../http/cached-document.ts'
import { createShared, type Outside } from '../http/shared-documents.ts'
import { discover, type FoundEndpoint, type MetadataMember } from './metadata.ts'

/** An endpoint that is found by discovery. */
export type DiscoveredEndpoint = Remembered<FoundEndpoint>

const staleFor = 3_600_000

const shared = createShared<DiscoveredEndpoint>()

/**
 * An endpoint of an issuer, discovered when it is first needed, and shared by all in this process who need the same. Each is
 * found for itself, so that one that is missing for a while is no concern of those who need another.
 */
export function discoveredEndpoint(issuer: string, member: MetadataMember, outside: Outside): DiscoveredEndpoint {
  const { clock, label } = outside
  return shared.get(`${member} ${issuer}`, outside, () =>
    createRemembered({
      kind: 'metadata',
      label,
      clock,
      staleFor,
      load: (before, errand) => discover(issuer, member, outside, { before, mayBeCached: errand === 'refresh' }),
    }),
  )
}

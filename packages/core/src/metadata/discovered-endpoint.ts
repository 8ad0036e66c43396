import type { Remembered } from '../http/remembered.ts'
import { createRemembered } from '../http/remembered.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { discover, type FoundEndpoint, type MetadataMember } from './metadata.ts'

const staleFor = 3_600_000

const shared = createShared<Remembered<FoundEndpoint>>()

/**
 * An endpoint of an issuer, discovered when it is first needed, and shared by all in this process who need the same. Each is
 * found for itself, so that one that is missing for a while is no concern of those who need another.
 */
export function discoveredEndpoint(
  issuer: string,
  member: MetadataMember,
  outside: Outside,
): Pick<Remembered<string>, 'current' | 'health'> {
  const { clock, label } = outside
  const remembered = shared(`${member} ${issuer}`, outside, () =>
    createRemembered({
      kind: 'metadata',
      label,
      clock,
      staleFor,
      load: (kept) => discover(issuer, member, outside, kept),
    }),
  )
  outside.holdings.hold(remembered)
  return { current: async () => (await remembered.current()).endpoint, health: remembered.health }
}

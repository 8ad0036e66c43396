import { createRemembered, type Remembered } from '../http/remembered.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { discover, type MetadataMember } from './metadata.ts'

const hour = 3_600_000

const shared = createShared<Remembered<string>>()

/**
 * An endpoint of an issuer, discovered when it is first needed, and shared by all in this process who need the same. Each is
 * found for itself, so that one that is missing for a while is no concern of those who need another.
 */
export function discoveredEndpoint(issuer: string, member: MetadataMember, outside: Outside): Remembered<string> {
  const { dispatcher, clock } = outside
  return shared(`${member} ${issuer}`, outside, () =>
    createRemembered({ load: () => discover(issuer, member, dispatcher), clock, freshFor: hour, staleFor: hour }),
  )
}

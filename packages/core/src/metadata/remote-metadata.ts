import { createRemembered, type Remembered } from '../http/remembered.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { discover, type Metadata, type MetadataMember } from './metadata.ts'

const hour = 3_600_000

const shared = createShared<Remembered<Metadata>>()

/** The metadata of an issuer, with these members: discovered when it is first needed, and shared by all in this process who want the same. */
export function remoteMetadata(
  issuer: string,
  wanted: readonly MetadataMember[],
  outside: Outside,
): Remembered<Metadata> {
  const { dispatcher, clock } = outside
  return shared(`${wanted.join()} ${issuer}`, outside, () =>
    createRemembered({ load: () => discover(issuer, wanted, dispatcher), clock, freshFor: hour, staleFor: hour }),
  )
}

import { escapeCharacter } from '../lib/ascii.ts'
import type { PassedOverKey } from '../responses/passed-over-key.ts'
import type { KeyFault } from './jwk.ts'

/** The maximum number of keys in a message. */
export const maxPassedOver = 10
const maxKid = 100

export function toPassedOverKey(kid: string | undefined, { reason, message }: KeyFault): PassedOverKey {
  return Object.freeze({ kid: kid === undefined ? undefined : formatKid(kid), reason, message })
}

/** The end of a message, such as `. Keys that were passed over: key "1" (…)`. Empty without keys. */
export function formatPassedOver(keys: readonly PassedOverKey[]): string {
  const named = keys.map(
    ({ kid, message }) => `${kid === undefined ? 'a key without `kid`' : `key "${kid}"`} (${message})`,
  )
  return named.length === 0 ? '' : `. Keys that were passed over: ${named.join(', ')}`
}

/** The issuer chooses its key ids, so that one could forge a line of a log, or fill it. */
function formatKid(kid: string): string {
  return kid
    .slice(0, maxKid)
    .replaceAll(/[^\x20-\x7E]|["\\]/g, escapeCharacter)
    .slice(0, maxKid)
}

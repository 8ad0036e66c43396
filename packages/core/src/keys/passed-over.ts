import type { PassedOverKey } from '../responses/passed-over-key.ts'
import type { KeyFault } from './jwk.ts'

/** The keys that a message names. */
export const maxPassedOver = 10
const maxKid = 100

export function toPassedOverKey(kid: string | undefined, { reason, message }: KeyFault): PassedOverKey {
  return Object.freeze({ kid: kid === undefined ? undefined : formatKid(kid), reason, message })
}

/** The keys in a sentence: `: key "1" (`use` is `enc`), a key without `kid` (…)`. Empty without keys. */
export function formatPassedOver(keys: readonly PassedOverKey[]): string {
  const named = keys.map(
    ({ kid, message }) => `${kid === undefined ? 'a key without `kid`' : `key "${kid}"`} (${message})`,
  )
  return named.length === 0 ? '' : `. Keys that were passed over: ${named.join(', ')}`
}

/** The issuer chooses its key ids, so that one could forge a line of a log, or fill it. */
function formatKid(kid: string): string {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return kid
    .slice(0, maxKid)
    .replaceAll(/[^\x20-\x7E]|["\\]/g, escape)
    .slice(0, maxKid)
}

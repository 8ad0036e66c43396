import { own } from '@tollgate/core/adapter'

/** An entry of a stream. `text` is `undefined` when other software wrote the entry. */
export interface StreamEntry {
  readonly id: string
  readonly text: string | undefined
}

/** The only field of our entries. */
export const field = 'r'

/** The entries in the reply to an XREAD of one stream. The clients write the reply in different shapes. */
export function parseRead(reply: unknown): readonly StreamEntry[] {
  if (reply === null || reply === undefined) {
    return []
  }
  const [stream] = toPairs(reply)
  return stream === undefined ? [] : parseEntries(stream[1])
}

/** The entries in the reply to an XRANGE. */
export function parseEntries(reply: unknown): readonly StreamEntry[] {
  return toPairs(reply).flatMap(([id, fields]) =>
    typeof id === 'string' && /^\d{1,20}-\d{1,20}$/.test(id) ? [{ id, text: textOf(fields) }] : [],
  )
}

function textOf(fields: unknown): string | undefined {
  const pairs = toPairs(fields)
  const [name, text] = pairs[0] ?? []
  return pairs.length === 1 && name === field && typeof text === 'string' ? text : undefined
}

/**
 * A map of Redis as pairs. RESP2 has a flat list or a list of pairs, and RESP3 has a map. GLIDE makes objects with `key` and
 * `value` of it.
 */
function toPairs(reply: unknown): readonly (readonly [unknown, unknown])[] {
  if (reply instanceof Map) {
    return [...reply]
  }
  if (!Array.isArray(reply)) {
    return typeof reply === 'object' && reply !== null ? Object.entries(reply) : []
  }
  const list: readonly unknown[] = reply
  if (list.every((item) => typeof item === 'object')) {
    return list.map((item) => (Array.isArray(item) ? [item[0], item[1]] : [own(item, 'key'), own(item, 'value')]))
  }
  return list.flatMap((item, index) => (index % 2 === 0 ? [[item, list[index + 1]] as const] : []))
}

import { LRUCache } from 'lru-cache'

/** Makes one of what many things have in common. */
export type Sharing = <Value extends object>(value: Value) => Shared<Value>

export interface Shared<Value> {
  /** Equal to what was given, and frozen. */
  readonly value: Value
  /** How much of it is its own, in characters of JSON. */
  readonly own: number
}

const mostParts = 8192
const mostCharacters = 4 * 1024 * 1024

/** Tokens differ in who and when. Their issuer, client, scopes and roles are those of many others, and need not be kept for each. What is given is frozen to its depths. */
export function createSharing(): Sharing {
  const parts = new LRUCache<string, NonNullable<unknown>>({
    max: mostParts,
    maxSize: mostCharacters,
    sizeCalculation: (_part, text) => text.length,
  })

  return (value) => {
    const shared = { ...value } as Record<string, NonNullable<unknown>>
    let own = 0
    for (const [name, part] of Object.entries(shared)) {
      const text = JSON.stringify(part)
      const known = parts.get(text)
      if (known === undefined) {
        parts.set(text, part)
        own += text.length
      } else {
        shared[name] = known
      }
    }
    return { value: Object.freeze(shared) as object as typeof value, own }
  }
}

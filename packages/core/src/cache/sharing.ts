import { LRUCache } from 'lru-cache'

/** Makes one of what many things have in common. */
export type Sharing = <Value extends object>(value: Value) => Shared<Value>

interface Shared<Value> {
  /** Equal to what was given, and frozen. */
  readonly value: Value
  /** About how many bytes of it are its own. */
  readonly own: number
}

/** Of JSON. */
type Part = boolean | number | object | string

const mostParts = 8192
const mostCharacters = 4 * 1024 * 1024

/** Tokens differ in who and when. Their issuer, client, scopes and roles are those of many others, and need not be kept for each. What is given is frozen to its depths. */
export function createSharing(): Sharing {
  const parts = new LRUCache<string, Part>({
    max: mostParts,
    maxSize: mostCharacters,
    sizeCalculation: (_part, text) => text.length,
  })

  return (value) => {
    const shared = { ...value } as Record<string, Part>
    let own = 0
    for (const [name, part] of Object.entries(shared)) {
      const text = JSON.stringify(part)
      const isShareable = isAsItsText(part)
      const known = isShareable ? parts.get(text) : undefined
      shared[name] = known ?? part
      own += perMember + name.length + (known === undefined ? roomOf(part) : 0)
      if (isShareable && known === undefined) {
        parts.set(text, part)
      }
    }
    return { value: Object.freeze(shared) as object as typeof value, own }
  }
}

const perMember = 16

/** About how many bytes a part takes: small objects take much more than their text. */
function roomOf(part: unknown): number {
  if (typeof part === 'string') {
    return 32 + part.length
  }
  if (typeof part !== 'object' || part === null) {
    return perMember
  }
  return Object.entries(part).reduce((sum, [name, member]) => sum + perMember + name.length + roomOf(member), 64)
}

/** Some numbers are written as others are: infinity as `null`, and a negative zero as none. */
function isAsItsText(part: unknown): boolean {
  if (typeof part === 'number') {
    return Number.isFinite(part) && !Object.is(part, -0)
  }
  return typeof part !== 'object' || part === null || Object.values(part).every(isAsItsText)
}

import { LRUCache } from 'lru-cache'
import { bytesOf, bytesOfMembers, bytesOfShape, bytesOfText, shapeOf } from './scales.ts'

/** Makes one of what many things have in common, and knows what that takes. */
export interface Sharing {
  /** What is given, or what others have that is equal; that is noted in `held` then, for `release` when it is used no more. What is given is frozen to its depths. */
  readonly share: <Value>(value: Value, held: Part[]) => Shared<Value>
  /** An object with what is shared of each member. */
  readonly shareMembers: <Value extends object>(value: Value, held: Part[]) => Shared<Value>
  readonly release: (held: readonly Part[]) => void
  /** About how many bytes all parts take that somebody holds. */
  readonly bytes: () => number
}

export interface Shared<Value> {
  /** Equal to what was given, and frozen. */
  readonly value: Value
  /** About how many bytes of it are its own. */
  readonly own: number
}

/** What several have in common; it is there as long as one of them is. */
export interface Part {
  /** As JSON, or the shape of an object. */
  readonly text: string
  readonly value: unknown
  readonly bytes: number
  holders: number
}

interface Candidate {
  readonly value: unknown
  readonly own: () => number
}

/** For parts: when they take more, whoever brings new ones has them alone. */
export const roomForParts: number = 8 * 1024 * 1024
const partBytes = 160
/** With more names than that, an object has them for itself. */
const mostInShape = 32
const mostMet = { max: 8192, maxSize: 1024 * 1024 }

/**
 * Tokens differ in who and when. Their issuer, client, scopes and roles are those of many others, and need not be kept for each. Whether others have a part shows
 * when it is met again: most of what is met is in one token only.
 */
export function createSharing(): Sharing {
  const met = new LRUCache<string, true>({ ...mostMet, sizeCalculation: (_met, text) => bytesOfText(text) })
  const parts = new Map<string, Part>()
  let bytes = 0

  /** The part of this text, held from now on; `undefined` when it is met for the first time, or there is no room. */
  function hold(text: string, { value, own }: Candidate, held: Part[]): Part | undefined {
    if (!parts.has(text) && met.get(text) !== true) {
      met.set(text, true)
      return undefined
    }
    const part = parts.get(text) ?? newPart(text, value, own())
    if (part !== undefined) {
      part.holders += 1
      held.push(part)
    }
    return part
  }

  function newPart(text: string, value: unknown, own: number): Part | undefined {
    const part = { text, value, bytes: partBytes + bytesOfText(text) + own, holders: 0 }
    if (bytes + part.bytes > roomForParts) {
      return undefined
    }
    bytes += part.bytes
    parts.set(text, part)
    return part
  }

  function share<Value>(value: Value, held: Part[]): Shared<Value> {
    const own = (): number => bytesOf(value)
    const part = isAsItsText(value) ? hold(JSON.stringify(value), { value, own }, held) : undefined
    return part === undefined ? { value, own: own() } : { value: part.value as Value, own: 0 }
  }

  /** How an object is laid out, V8 has but once. */
  function shareShape(value: object, held: Part[]): number {
    const own = (): number => bytesOfShape(value)
    const isForItself = Object.keys(value).length > mostInShape
    return isForItself || hold(shapeOf(value), { value: undefined, own }, held) === undefined ? own() : 0
  }

  return {
    share,
    shareMembers: (value, held) => {
      const members = { ...value } as Record<string, unknown>
      let own = bytesOfMembers(members) + shareShape(members, held)
      for (const [name, member] of Object.entries(members)) {
        const shared = share(member, held)
        members[name] = shared.value
        own += shared.own
      }
      return { value: Object.freeze(members) as object as typeof value, own }
    },
    release: (held) => {
      for (const part of held) {
        part.holders -= 1
        if (part.holders === 0) {
          bytes -= part.bytes
          parts.delete(part.text)
        }
      }
    },
    bytes: () => bytes,
  }
}

/** Some numbers are written as others are: infinity as `null`, and a negative zero as none. */
function isAsItsText(part: unknown): boolean {
  if (typeof part === 'number') {
    return Number.isFinite(part) && !Object.is(part, -0)
  }
  return typeof part !== 'object' || part === null || Object.values(part).every(isAsItsText)
}

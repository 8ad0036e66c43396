import { LRUCache } from 'lru-cache'

/** About how many bytes values of JSON take in V8: small objects much more than their text. */
export interface Scales {
  readonly bytesOf: (value: unknown) => number
  /** An object or a list, without what its members take. */
  readonly bytesOfMembers: (value: object) => number
}

const slot = 8
const number = 16
/** A string or a list, besides its characters or slots. */
const header = 32
/** The objects that have the same names share them, and the layout. A name that none had yet costs both; objects with many have them for themselves. */
const newName = 200
const ownName = 128
const mostShared = 32
const mostNames = 1024

export function createScales(): Scales {
  const names = new LRUCache<string, true>({ max: mostNames })

  function bytesOf(value: unknown): number {
    if (typeof value === 'string') {
      return header + value.length
    }
    if (typeof value !== 'object' || value === null) {
      return isInSlot(value) ? 0 : number
    }
    return Object.values(value).reduce((sum: number, member) => sum + bytesOf(member), bytesOfMembers(value))
  }

  function bytesOfMembers(value: object): number {
    if (Array.isArray(value)) {
      return 2 * header + slot * value.length
    }
    const own = Object.keys(value)
    return own.reduce(
      (sum, name) => sum + slot + (own.length > mostShared ? ownName + name.length : bytesOfName(name)),
      2 * header,
    )
  }

  function bytesOfName(name: string): number {
    if (names.get(name) === true) {
      return 0
    }
    names.set(name, true)
    return newName + name.length
  }

  return { bytesOf, bytesOfMembers }
}

/** Numbers have an object of their own, but for small integers. */
function isInSlot(value: unknown): boolean {
  return typeof value !== 'number' || (Math.trunc(value) === value && Math.abs(value) < 2 ** 31)
}

import { mixOf } from './mix.ts'

/** Says whether a token comes again, in little and fixed room: among very many tokens it forgets some. */
export interface Doorkeeper {
  /** Whether it may have come before. From now on it has. */
  readonly hasMet: (token: string) => boolean
}

/** A megabyte of marks in all. */
const rooms = 2 ** 16
const places = 4

/** Each room keeps the marks of the last few tokens that came to it. A mark is of the end of a signature, and says nothing of it. */
export function createDoorkeeper(): Doorkeeper {
  const marks = new Uint32Array(rooms * places)
  let lot = 1

  return {
    hasMet: (token) => {
      const { length } = token
      const first = ((mixOf(token, length - 10, length - 5) >>> 0) % rooms) * places
      const mark = mixOf(token, length - 6, length - 1) >>> 0
      for (let place = first; place < first + places; place += 1) {
        if (marks[place] === mark) {
          return true
        }
      }
      // Whose mark goes is drawn by lot (Numerical Recipes' generator): tokens that come in turn do not keep each other out for ever.
      lot = (Math.imul(lot, 1664525) + 1013904223) >>> 0
      marks[first + (lot >>> 30)] = mark
      return false
    },
  }
}

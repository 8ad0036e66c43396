/** Says whether a token comes again, in little and fixed room: among very many tokens it forgets some. */
export interface Doorkeeper {
  /** Whether it may have been noted: without that, nothing is known of it. */
  readonly mayKnow: (token: string) => boolean
  readonly note: (token: string) => void
}

/** A megabyte of marks in all. */
const rooms = 2 ** 16
const places = 4

/** Each room keeps the marks of the last few tokens that came to it. A mark is of the end of a signature, and says nothing of it. */
export function createDoorkeeper(): Doorkeeper {
  const marks = new Uint32Array(rooms * places)
  let lot = 1

  return {
    mayKnow: (token) => {
      const first = roomOf(token)
      const mark = markOf(token)
      return (
        marks[first] === mark || marks[first + 1] === mark || marks[first + 2] === mark || marks[first + 3] === mark
      )
    },
    note: (token) => {
      // Whose mark goes is drawn by lot (Numerical Recipes' generator): tokens that come in turn do not keep each other out for ever.
      lot = (Math.imul(lot, 1664525) + 1013904223) >>> 0
      marks[roomOf(token) + (lot >>> 30)] = markOf(token)
    },
  }
}

/** By FNV-1a over the characters before the last ones. */
function roomOf(token: string): number {
  return (mixed(token, token.length - 10) % rooms) * places
}

function markOf(token: string): number {
  return mixed(token, token.length - 6)
}

function mixed(text: string, start: number): number {
  let mix = 0x811c9dc5
  for (let at = start; at < start + 5; at += 1) {
    mix = Math.imul(mix ^ text.charCodeAt(at), 0x01000193)
  }
  return mix >>> 0
}

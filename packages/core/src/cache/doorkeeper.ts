/** Says whether a key comes for the second time, in little and fixed room: among very many keys it forgets some that came once. */
export interface Doorkeeper {
  /** Whether it was seen before. Now it has been. */
  readonly hasSeen: (key: string) => boolean
}

/** Half a megabyte of marks in all. */
const rooms = 2 ** 15
const places = 4

/** Each room keeps marks of the last few keys that came to it. Keys are hashes as `latin1`, of which some bytes will do. */
export function createDoorkeeper(): Doorkeeper {
  const marks = new Uint32Array(rooms * places)
  let turn = 0

  return {
    hasSeen: (key) => {
      const first = (wordAt(key, 0) % rooms) * places
      const mark = wordAt(key, 4)
      for (let place = first; place < first + places; place += 1) {
        if (marks[place] === mark) {
          return true
        }
      }
      // Whose mark goes does not follow from the order in which keys come: no few of them can keep each other out for ever.
      turn = (turn + 1) % places
      marks[first + turn] = mark
      return false
    },
  }
}

function wordAt(key: string, at: number): number {
  const low = key.charCodeAt(at) | (key.charCodeAt(at + 1) << 8)
  const high = key.charCodeAt(at + 2) | (key.charCodeAt(at + 3) << 8)
  return (low | (high << 16)) >>> 0
}

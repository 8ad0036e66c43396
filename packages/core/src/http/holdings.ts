import { LRUCache } from 'lru-cache'

/** Something that works by itself as long as somebody holds it: a timer, connections. */
export interface Holdable {
  /** Returns the function that lets go again. */
  readonly hold: () => () => void
}

/** What a validator holds, each thing once, until it is closed. */
export interface Holdings {
  readonly hold: (thing: Holdable) => void
  readonly releaseAll: () => void
}

/** What was not asked for since so many others were, is let go: tenants come and go. */
const most = 60_000

export function createHoldings(): Holdings {
  const releases = new LRUCache<Holdable, () => void>({ max: most, dispose: (release) => release() })
  let isOver = false

  return {
    hold: (thing) => {
      if (!isOver && releases.get(thing) === undefined) {
        releases.set(thing, thing.hold())
      }
    },
    releaseAll: () => {
      isOver = true
      releases.clear()
    },
  }
}

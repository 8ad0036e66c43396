import { mostIssuers } from './shared.ts'

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

/** Metadata, keys and an endpoint for each issuer. Tenants come and go: what was held first is let go when there is more. */
const most = 3 * mostIssuers

export function createHoldings(): Holdings {
  const releases = new Map<Holdable, () => void>()
  let isOver = false

  function release(thing: Holdable): void {
    releases.get(thing)?.()
    releases.delete(thing)
  }

  return {
    hold: (thing) => {
      if (isOver || releases.has(thing)) {
        return
      }
      releases.set(thing, thing.hold())
      const [oldest] = releases.keys()
      if (releases.size > most && oldest !== undefined) {
        release(oldest)
      }
    },
    releaseAll: () => {
      isOver = true
      ;[...releases.keys()].forEach(release)
    },
  }
}

import type { Holdable } from './holders.ts'
import { mostIssuers } from './shared-documents.ts'

/** What somebody holds, each thing once. */
export interface Holdings {
  readonly hold: (thing: Holdable) => void
  /** Lets go of all but these. */
  readonly keepOnly: (things: readonly Holdable[]) => void
  /** Lets go of all, and holds nothing any more. */
  readonly end: () => void
}

/** An issuer and its client for each of as many as there may be. What was not asked for since so many others were, is let go. */
const most = 3 * mostIssuers

export function createHoldings(): Holdings {
  const releases = new Map<Holdable, () => void>()
  let isOver = false

  function release(thing: Holdable | undefined): void {
    if (thing !== undefined) {
      releases.get(thing)?.()
      releases.delete(thing)
    }
  }

  function hold(thing: Holdable): void {
    if (isOver) {
      return
    }
    const kept = releases.get(thing) ?? thing.hold()
    releases.delete(thing)
    releases.set(thing, kept)
    if (releases.size > most) {
      release(releases.keys().next().value)
    }
  }

  function keepOnly(things: readonly Holdable[]): void {
    ;[...releases.keys()].filter((thing) => !things.includes(thing)).forEach(release)
  }

  return {
    hold,
    keepOnly,
    end: () => {
      isOver = true
      keepOnly([])
    },
  }
}

import { mostIssuers } from './shared.ts'

/** Something that works by itself as long as somebody holds it: a timer, connections. */
export interface Holdable {
  /** Returns the function that lets go again. */
  readonly hold: () => () => void
}

/** Those who hold something. */
export interface Holders extends Holdable {
  readonly areThere: () => boolean
}

export interface HoldersOptions {
  /** Called when there is one after there was none. */
  readonly onFirst?: () => void
  /** Called when the last has let go. */
  readonly onLast: () => void
}

export function createHolders({ onFirst, onLast }: HoldersOptions): Holders {
  let count = 0

  function hold(): () => void {
    let isHeld = true
    count += 1
    if (count === 1) {
      onFirst?.()
    }
    return () => {
      count -= isHeld ? 1 : 0
      if (isHeld && count === 0) {
        onLast()
      }
      isHeld = false
    }
  }

  return { hold, areThere: () => count > 0 }
}

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

/** Something that works by itself as long as somebody holds it: a timer, connections. */
export interface Holdable {
  /** Returns the function that lets go again. */
  readonly hold: () => () => void
}

/** Those who hold something. */
export interface Holders extends Holdable {
  readonly isHeld: () => boolean
}

/** It begins with the first who holds it, and what `begin` returns ends it with the last. */
export function createHolders(begin: () => () => void): Holders {
  let count = 0
  let end = (): void => undefined

  function hold(): () => void {
    let isLetGo = false
    count += 1
    if (count === 1) {
      end = begin()
    }
    return () => {
      count -= isLetGo ? 0 : 1
      if (!isLetGo && count === 0) {
        end()
      }
      isLetGo = true
    }
  }

  return { hold, isHeld: () => count > 0 }
}

import type { Clock } from '../lib/clock.ts'
import { tellOfBug } from '../diagnostics/channels.ts'
import { createAlarm } from '../http/alarm.ts'
import { timeUntil } from '../http/backoff.ts'
import type { Remembered } from '../http/cached-document.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** The search for keys that are not known: one fetch for all who miss one at the moment, and a cooldown when it was in vain. */
export interface Search extends Pick<KeySource, 'retry'> {
  /** Nobody is looked for any more but by those who ask. */
  readonly stop: () => void
}

const cooldown = 30_000

export function createSearch(remembered: Remembered<KeySet>, clock: Clock): Search {
  const alarm = createAlarm(clock, lookForThoseTurnedAway)
  let restsUntil = 0
  let hasTurnedAway = false
  const isResting = (): boolean => timeUntil(restsUntil, clock()) > 0

  async function retry(verifies: (keys: KeySet) => Promise<boolean>): Promise<boolean> {
    const underWay = remembered.renewal()
    if (underWay === undefined && isResting()) {
      hasTurnedAway = true
      return false
    }
    return judged(underWay ?? renew(), verifies)
  }

  /** The cooldown starts with the attempt, so that nobody slips in between the answer and its judgement. */
  function renew(): Promise<KeySet> {
    restsUntil = clock() + cooldown
    hasTurnedAway = false
    if (remembered.isHeld()) {
      alarm.set(restsUntil)
    }
    return remembered.renew()
  }

  /** An attempt that bears fruit ends the cooldown, and a failure has a pause of its own. */
  async function judged(renewal: Promise<KeySet>, bearsFruit: (keys: KeySet) => Promise<boolean>): Promise<boolean> {
    let isFruitless = false
    try {
      isFruitless = !(await bearsFruit(await renewal))
      return !isFruitless
    } finally {
      restsUntil = isFruitless ? restsUntil : 0
    }
  }

  /** Among those who were turned away in the cooldown may have been one with a new key: it is looked for though nobody comes again. */
  function lookForThoseTurnedAway(): void {
    const before = remembered.atHand()
    if (hasTurnedAway && isResting()) {
      alarm.set(restsUntil)
    } else if (hasTurnedAway && remembered.renewal() === undefined) {
      judged(renew(), async (keys) => keys !== before).catch(lookAgainLater)
    }
  }

  function lookAgainLater(error: unknown): void {
    hasTurnedAway = true
    if (remembered.isHeld()) {
      alarm.set(clock() + cooldown)
    }
    tellOfBug(error)
  }

  return { retry, stop: alarm.clear }
}

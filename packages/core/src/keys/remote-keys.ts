import { diagnostics } from '../diagnostics.ts'
import { createAlarm } from '../http/alarm.ts'
import { nameOf } from '../http/exchange.ts'
import { deadline, fetchJson, type Loaded } from '../http/fetch-json.ts'
import type { Holdable } from '../http/holdings.ts'
import { timeUntil } from '../http/pause.ts'
import { createRemembered } from '../http/remembered.ts'
import { createShared, type Outside } from '../http/shared.ts'
import { UpstreamError } from '../unavailable.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** A remote key set. */
export interface RemoteKeys extends KeySource, Holdable {
  /** The keys that are kept, if they may still be used; nobody is asked. */
  readonly atHand: () => KeySet | undefined
}

const minute = 60_000
const freshWhenSilent = 10 * minute
const staleFor = 60 * minute
const cooldown = 30_000

const shared = createShared<RemoteKeys>()

/** A remote key set, fetched when it is first needed and shared by all in this process who name its URL. */
export function remoteKeys(url: string, outside: Outside): RemoteKeys {
  const keys = shared(url, outside, () => createRemoteKeys(url, outside))
  outside.holdings.hold(keys)
  return keys
}

function createRemoteKeys(url: string, outside: Outside): RemoteKeys {
  const { clock, label } = outside
  const remembered = createRemembered<KeySet>({
    kind: 'keys',
    label,
    clock,
    staleFor,
    load: (kept) => fetchKeys(url, outside, kept),
    onReplaced: (previous, next) => tellOfRotation(label, previous, next),
  })
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
    return judged(underWay ?? startRenewal(), verifies)
  }

  /** The cooldown starts with the attempt, so that nobody slips in between the answer and its judgement. */
  function startRenewal(): Promise<KeySet> {
    restsUntil = clock() + cooldown
    hasTurnedAway = false
    if (remembered.isHeld()) {
      alarm.set(restsUntil)
    }
    return remembered.renew()
  }

  /** An attempt that bears fruit ends the cooldown, and a failure has a pause of its own. */
  async function judged(
    renewal: Promise<KeySet>,
    bearsFruit: (keys: KeySet) => boolean | Promise<boolean>,
  ): Promise<boolean> {
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
      judged(startRenewal(), (keys) => keys !== before).catch(isToldOnNeed)
    }
  }

  function hold(): () => void {
    const release = remembered.hold()
    return () => {
      release()
      if (!remembered.isHeld()) {
        alarm.clear()
      }
    }
  }

  return {
    current: remembered.current,
    ready: remembered.current,
    retry,
    atHand: remembered.atHand,
    hold,
    health: () => ({ keys: remembered.health(), metadata: undefined }),
  }
}

function fetchKeys(url: string, outside: Outside, kept: Loaded<KeySet> | undefined): Promise<Loaded<KeySet>> {
  const name = nameOf(url)

  async function read(json: unknown): Promise<KeySet> {
    const keys = await parseKeySet(json, name, kept?.document)
    if (kept?.document.isUsable === true && !keys.isUsable) {
      // A set that was good is not replaced by one that is good for nothing.
      throw new UpstreamError({ reason: 'no-usable-key', message: `${name} holds no key that can verify a signature` })
    }
    return keys
  }

  return fetchJson({ purpose: 'keys', url, outside, signal: deadline(), kept, freshWhenSilent, read })
}

function tellOfRotation(issuer: string, previous: KeySet, next: KeySet): void {
  const added = [...next.identities].filter((identity) => !previous.identities.has(identity)).length
  const removed = [...previous.identities].filter((identity) => !next.identities.has(identity)).length
  if (added + removed > 0) {
    diagnostics.rotation.publish({ issuer, added, removed })
  }
}

/** Whoever needs a key that is not there hears of it. */
function isToldOnNeed(): void {}

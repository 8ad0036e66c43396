import type { Clock } from '../lib/clock.ts'
import { diagnostics, tellOfBug } from '../diagnostics/channels.ts'
import type { DocumentKind } from '../diagnostics/messages.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { createAlarm } from './alarm.ts'
import { type DocumentHealth, healthOf } from './document-health.ts'
import type { Loaded } from './fetch-json.ts'
import { createFlights, type Errand } from './single-flight.ts'
import { createHolders, type Holdable } from './holders.ts'
import { type Age, createAge, type Lifetime, lifetimeOf } from './lifetime.ts'
import { createPatience } from './wait-briefly.ts'

/**
 * A document from upstream that is kept: loaded when it is first needed, once for all who wait, and looked for anew in the
 * background while it is in use. `current` and `renew` reject with an `UpstreamError` when there is none to be had.
 */
export interface Remembered<Document> extends Holdable {
  /**
   * The document: at once while it is fresh, and while it is usable and upstream is known to fail; else it is loaded, and who could
   * be served by an older one waits for a second at most.
   */
  readonly current: () => Promise<Document>
  /** The same where nobody has to wait; else `undefined`. Who knows the time need not have it looked for. */
  readonly atOnce: (now?: number) => Document | undefined
  /** A newer one, asked for now or by a `renew` that is under way; no refresh that began earlier will do. */
  readonly renew: () => Promise<Document>
  /** What a `renew` that is under way waits for. */
  readonly renewal: () => Promise<Document> | undefined
  /** The one that is kept, if it may still be used; nobody is asked. */
  readonly atHand: () => Document | undefined
  readonly isHeld: () => boolean
  /** Milliseconds since it was asked for; infinite without any. */
  readonly age: () => number
  readonly health: () => DocumentHealth
}

export interface RememberedOptions<Document> {
  readonly kind: DocumentKind
  /** What diagnostics call its issuer. */
  readonly label: string
  readonly clock: Clock
  /** Milliseconds beyond its freshness for which it is used while upstream fails. */
  readonly staleFor: number
  /** Is given what is kept, and gives back the same document when that still is the current one. Somebody may need what is surely newer. */
  readonly load: (kept: Loaded<Document> | undefined, errand: Errand) => Promise<Loaded<Document>>
  /** Told when another takes the place of the one that was kept. */
  readonly onReplaced?: (previous: Document, next: Document) => void
}

interface Kept<Document> extends Loaded<Document>, Lifetime {
  readonly age: Age
}

export function createRemembered<Document>(options: RememberedOptions<Document>): Remembered<Document> {
  const { clock, staleFor } = options
  const about = { document: options.kind, issuer: options.label }
  const alarm = createAlarm(clock, refreshIfDue)
  const patiently = createPatience()
  const flights = createFlights({
    clock,
    load: (errand) => options.load(kept, errand),
    land,
    onFailure,
    onOver: setAlarm,
  })
  let kept: Kept<Document> | undefined
  /** It was used since it was loaded. What nobody uses is not looked for by itself. */
  let isInUse = false
  const { hold, isHeld } = createHolders(() => {
    setAlarm()
    return alarm.clear
  })

  const isUsable = (): boolean => kept !== undefined && kept.age.now() < kept.usableFor
  const isUnderWay = (): boolean => (flights.underWay('refresh') ?? flights.underWay('renewal')) !== undefined
  const refresh = (): Promise<Document> => flights.underWay('renewal') ?? flights.join('refresh')

  function atOnce(now?: number): Document | undefined {
    const old = kept?.age.now(now) ?? Infinity
    if (kept === undefined || old >= kept.usableFor) {
      return undefined
    }
    return old < kept.freshFor || flights.hasJustFailed() ? use(kept, old) : undefined
  }

  async function current(): Promise<Document> {
    const document = atOnce()
    if (document !== undefined) {
      return document
    }
    const old = isUsable() ? kept : undefined
    return old === undefined ? useFirst(await refresh()) : useAfterRefresh(old)
  }

  function useFirst(document: Document): Document {
    noteUse()
    return document
  }

  /** A server that is well tells in time whether anything was withdrawn. */
  async function useAfterRefresh(old: Kept<Document>): Promise<Document> {
    await patiently(refresh)
    const now = kept ?? old
    return use(now, now.age.now())
  }

  function use({ document, refreshAfter, freshFor }: Kept<Document>, old: number): Document {
    noteUse()
    if (old >= refreshAfter) {
      refreshBehind()
    }
    if (old >= freshFor && diagnostics.stale.hasSubscribers) {
      diagnostics.stale.publish({ ...about, staleFor: old - freshFor })
    }
    return document
  }

  function noteUse(): void {
    if (!isInUse) {
      isInUse = true
      setAlarm()
    }
  }

  function refreshBehind(): void {
    if (!isUnderWay() && flights.pause() === 0) {
      refresh().catch(tellOfBug)
    }
  }

  function refreshIfDue(): void {
    if (kept !== undefined && isUsable() && kept.age.now() >= kept.refreshAfter) {
      refreshBehind()
    }
    setAlarm()
  }

  function setAlarm(): void {
    if (isHeld() && isInUse && kept !== undefined && isUsable() && !isUnderWay()) {
      alarm.set(Math.max(clock() + flights.pause(), kept.age.at(kept.refreshAfter)))
    }
  }

  /** A slow answer does not take the place of one that was asked for later. */
  function land(loaded: Loaded<Document>, startedAt: number, isNewest: boolean): Document {
    const previous = kept
    const { document, freshFor } = loaded
    if (!isNewest) {
      return previous?.document ?? document
    }
    kept = { ...loaded, ...lifetimeOf(freshFor, staleFor), age: createAge(clock, startedAt) }
    isInUse = false
    const isReplaced = previous !== undefined && previous.document !== document
    if (isReplaced) {
      options.onReplaced?.(previous.document, document)
    }
    const outcome = previous === undefined || isReplaced ? 'loaded' : 'kept'
    diagnostics.document.publish({ ...about, outcome, reason: undefined })
    return document
  }

  function onFailure(error: unknown): void {
    const reason = error instanceof UpstreamError ? error.reason : undefined
    diagnostics.document.publish({ ...about, outcome: 'failed', reason })
  }

  return {
    current,
    atOnce,
    renew: () => flights.join('renewal'),
    renewal: () => flights.underWay('renewal'),
    atHand: () => (isUsable() ? kept?.document : undefined),
    hold,
    isHeld,
    age: () => kept?.age.now() ?? Infinity,
    health: () =>
      healthOf(kept, { now: clock(), retryAt: clock() + flights.pause(), lastFailure: flights.lastFailure() }),
  }
}

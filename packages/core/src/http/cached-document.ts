import { diagnostics, reportBug } from '../diagnostics/channels.ts'
import type { DocumentHealth } from '../diagnostics/health.ts'
import type { DocumentKind } from '../diagnostics/messages.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { createBackoff } from './backoff.ts'
import { documentHealth } from './document-health.ts'
import type { LoadedDocument } from './fetch-json.ts'
import { type Age, createAge, createFreshness, type Freshness } from './freshness.ts'
import type { Network } from './network.ts'
import { createSingleFlight } from './single-flight.ts'
import { createWaitBriefly } from './wait-briefly.ts'

/**
 * A document of an issuer, cached while it is usable. It is loaded on its first use. A use after 80 % of its freshness
 * starts a refresh in the background. While fetches fail, the stale document serves for one hour. Callers share the
 * fetches. `current` and `renew` reject with an `UpstreamError`.
 */
export interface CachedDocument<Document> {
  /**
   * The document. A caller waits for a fetch when the document is stale: at most one second while the stale document is
   * usable.
   */
  readonly current: () => Promise<Document>
  /** The document when no wait is needed. `undefined` otherwise. */
  readonly cached: (now: number) => Document | undefined
  /** A document that was requested now or later. A refresh that is under way is too old for that. */
  readonly renew: () => Promise<Document>
  /** Whether a `renew` is under way. */
  readonly isRenewing: () => boolean
  /** The cached document, fresh or stale. It starts no fetch. */
  readonly usable: () => Document | undefined
  /** Milliseconds since the document was requested. Infinite without a document. */
  readonly age: () => number
  readonly health: () => DocumentHealth
}

export interface CachedDocumentOptions<Document> {
  readonly kind: DocumentKind
  readonly network: Pick<Network, 'clock' | 'label'>
  /**
   * Fetches the document. Returns the previous document when it is still current. With `mayBeCached: false` the
   * response must come from the issuer itself.
   */
  readonly load: (options: LoadOptions<Document>) => Promise<LoadedDocument<Document>>
  /** Called when another document replaces the previous one. */
  readonly onReplaced?: (previous: Document, next: Document) => void
  /** Called when a document was loaded. */
  readonly onLoaded: (document: Document) => void
}

export interface LoadOptions<Document> {
  readonly previous: LoadedDocument<Document> | undefined
  readonly mayBeCached: boolean
}

interface Entry<Document> extends Omit<LoadedDocument<Document>, 'freshFor'>, Freshness {
  readonly age: Age
}

export function createCachedDocument<Document>(options: CachedDocumentOptions<Document>): CachedDocument<Document> {
  const { clock, label } = options.network
  const about = { document: options.kind, issuer: label }
  const backoff = createBackoff(clock)
  const waitBriefly = createWaitBriefly()
  const refresh = createSingleFlight(() => attempt(true))
  const renewal = createSingleFlight(async () => {
    // While fetches fail, one attempt at a time is enough.
    await (backoff.lastFailure() && refresh.underWay())
    return attempt(false)
  })
  let entry: Entry<Document> | undefined
  /**
   * Numbers of attempts: the last one that started, the one that brought `entry`, and the last one that a failure
   * covers.
   */
  let started = 0
  let landed = 0
  let failed = 0

  function cached(now: number): Document | undefined {
    const age = entry?.age.at(now) ?? Infinity
    if (entry === undefined || !(age < entry.usableFor)) {
      return undefined
    }
    return age < entry.freshFor || backoff.hasJustFailed() ? use(entry, age) : undefined
  }

  async function current(): Promise<Document> {
    const document = cached(clock())
    if (document !== undefined) {
      return document
    }
    const stale = usableEntry()
    if (stale === undefined) {
      return fetchOnce()
    }
    await waitBriefly(fetchOnce)
    const newest = entry ?? stale
    return use(newest, newest.age.at(clock()))
  }

  function usableEntry(): Entry<Document> | undefined {
    return entry !== undefined && entry.age.at(clock()) < entry.usableFor ? entry : undefined
  }

  function fetchOnce(): Promise<Document> {
    return renewal.underWay() ?? refresh.run()
  }

  function use({ document, refreshAfter, freshFor }: Entry<Document>, age: number): Document {
    const isFetching = (refresh.underWay() ?? renewal.underWay()) !== undefined
    if (age >= refreshAfter && !isFetching && backoff.wait() === 0) {
      fetchOnce().catch(reportBug)
    }
    if (age >= freshFor) {
      diagnostics.stale.publish({ ...about, staleFor: age - freshFor })
    }
    return document
  }

  async function attempt(mayBeCached: boolean): Promise<Document> {
    backoff.expectOver()
    const number = (started += 1)
    const startedAt = clock()
    try {
      const loaded = await options.load({ previous: entry, mayBeCached })
      return number > landed ? accept(loaded, number, startedAt) : (entry ?? loaded).document
    } catch (error) {
      noteFailure(error, number)
      throw error instanceof UpstreamError ? error.withRetryAfter(backoff.wait() / 1000) : error
    }
  }

  function accept(loaded: LoadedDocument<Document>, number: number, startedAt: number): Document {
    const previous = entry?.document
    const { document } = loaded
    landed = number
    backoff.succeeded()
    entry = { ...loaded, ...createFreshness(loaded.freshFor), age: createAge(clock, startedAt) }
    options.onLoaded(document)
    if (previous !== undefined && previous !== document) {
      options.onReplaced?.(previous, document)
    }
    const outcome = previous === document ? 'kept' : 'loaded'
    diagnostics.document.publish({ ...about, outcome, reason: undefined })
    return document
  }

  /**
   * The failure of an attempt that a later one overtook does not count. Attempts that were under way together fail
   * together.
   */
  function noteFailure(error: unknown, number: number): void {
    const reason = error instanceof UpstreamError ? error.reason : undefined
    diagnostics.document.publish({ ...about, outcome: 'failed', reason })
    if (number > failed && number > landed) {
      failed = started
      backoff.failed(error)
    }
  }

  return {
    current,
    cached,
    renew: renewal.run,
    isRenewing: () => renewal.underWay() !== undefined,
    usable: () => usableEntry()?.document,
    age: () => entry?.age.at(clock()) ?? Infinity,
    health: () => documentHealth(entry, backoff, clock()),
  }
}

import { diagnostics, reportBug } from '../diagnostics/channels.ts'
import type { DocumentHealth } from '../diagnostics/health.ts'
import type { DocumentKind } from '../diagnostics/messages.ts'
import type { PassedOverKey } from '../responses/passed-over-key.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { createBackoff } from './backoff.ts'
import type { LoadedDocument, LoadOptions } from './fetch-json.ts'
import { ageOf, maxStaleness } from './freshness.ts'
import type { Network } from './network.ts'
import { createWaitBriefly } from './wait-briefly.ts'

/**
 * A document of an issuer, cached while it is usable. It is loaded on its first use. A use after 80 % of its freshness
 * starts a refresh in the background. While fetches fail, the stale document serves for one hour. Callers share the
 * fetches. `current` and `renew` reject with an `UpstreamError`.
 */
export interface CachedDocument<Document> {
  /** The document. A caller waits for a fetch when it is stale: at most one second while the stale one is usable. */
  readonly current: () => Promise<Document>
  /** The document when no wait is needed. `undefined` otherwise. */
  readonly cached: (now: number) => Document | undefined
  /** A document that was requested now or later, or less than `minAge` milliseconds (default: 0) ago. */
  readonly renew: (minAge?: number) => Promise<Document>
  /** Whether a fetch of `renew` is under way. */
  readonly isRenewing: () => boolean
  /** The cached document, fresh or stale. It starts no fetch. */
  readonly usable: () => Document | undefined
  readonly health: () => DocumentHealth
}

export interface CachedDocumentOptions<Document> {
  readonly purpose: DocumentKind
  readonly network: Network
  /** Fetches the document. Returns the previous document when it is still current. */
  readonly load: (options: LoadOptions<Document>) => Promise<LoadedDocument<Document>>
  readonly onLoaded: (document: Document, previous: Document | undefined) => void
  /** The deadline of one attempt in milliseconds, the body included. */
  readonly timeout: number
  /** The keys of the document that are not used. Default: none. */
  readonly passedOver?: (document: Document) => readonly PassedOverKey[]
}

/** Times in milliseconds. */
interface Entry<Document> extends LoadedDocument<Document> {
  /** When the document was requested. */
  since: number
  /** A use at this age starts a refresh: 76 to 84 % of the freshness, because a fleet must not refresh in step. */
  readonly refreshAfter: number
}

export function createCachedDocument<Document>(options: CachedDocumentOptions<Document>): CachedDocument<Document> {
  const { purpose, network, load, onLoaded, timeout, passedOver = () => [] } = options
  const { clock } = network
  const about = { document: purpose, issuer: network.label }
  const backoff = createBackoff(clock)
  const waitBriefly = createWaitBriefly()
  let entry: Entry<Document> | undefined
  let refreshing: Promise<Document> | undefined
  let renewing: Promise<Document> | undefined

  function cached(now: number): Document | undefined {
    if (entry === undefined) {
      return undefined
    }
    const age = ageOf(entry, now)
    const serves = age < entry.freshFor || (age < entry.freshFor + maxStaleness && backoff.hasJustFailed())
    return serves ? use(entry, age) : undefined
  }

  async function current(): Promise<Document> {
    const document = cached(clock())
    if (document !== undefined) {
      return document
    }
    if (entry === undefined || usable() === undefined) {
      return fetchOnce()
    }
    await waitBriefly(fetchOnce())
    return use(entry, ageOf(entry, clock()))
  }

  function usable(): Document | undefined {
    return entry !== undefined && ageOf(entry, clock()) < entry.freshFor + maxStaleness ? entry.document : undefined
  }

  function use(used: Entry<Document>, age: number): Document {
    if (age >= used.refreshAfter && (refreshing ?? renewing) === undefined && backoff.wait() === 0) {
      fetchOnce().catch(reportBug)
    }
    if (age >= used.freshFor) {
      diagnostics.stale.publish({ ...about, staleFor: age - used.freshFor })
    }
    return used.document
  }

  async function fetchOnce(): Promise<Document> {
    return renewing ?? (refreshing ??= attempt(true).finally(() => (refreshing = undefined)))
  }

  /** A refresh that is under way is too old. It may have been requested before the change that the caller looks for. */
  async function renew(minAge = 0): Promise<Document> {
    if (entry !== undefined && ageOf(entry, clock()) < minAge) {
      return entry.document
    }
    // While fetches fail, one attempt at a time is enough.
    const before = backoff.lastFailure() === undefined ? undefined : refreshing
    return (renewing ??= attempt(false, before).finally(() => (renewing = undefined)))
  }

  async function attempt(mayBeCached: boolean, before?: Promise<unknown>): Promise<Document> {
    await before
    const { succeeded, failed } = backoff.begin()
    const since = clock()
    try {
      const signal = AbortSignal.timeout(timeout)
      const loaded = await load({ purpose, network, signal, mayBeCached, previous: entry })
      return succeeded() ? accept(loaded, since) : (entry ?? loaded).document
    } catch (error) {
      const reason = error instanceof UpstreamError ? error.reason : undefined
      diagnostics.document.publish({ ...about, outcome: 'failed', reason, passedOver: [] })
      failed(error)
      throw error instanceof UpstreamError ? error.withRetryAfter(backoff.wait() / 1000) : error
    }
  }

  function accept(loaded: LoadedDocument<Document>, since: number): Document {
    const { document } = loaded
    const previous = entry?.document
    entry = { ...loaded, since, refreshAfter: loaded.freshFor * (0.76 + 0.08 * Math.random()) }
    onLoaded(document, previous)
    const outcome = previous === document ? 'unchanged' : 'loaded'
    if (diagnostics.document.hasSubscribers) {
      diagnostics.document.publish({ ...about, outcome, reason: undefined, passedOver: passedOver(document) })
    }
    return document
  }

  function health(): DocumentHealth {
    const now = clock()
    const retryAt = now + backoff.wait()
    const nextTry = entry === undefined ? retryAt : Math.max(retryAt, entry.since + entry.refreshAfter)
    const failure = backoff.lastFailure()
    return {
      ...stateOf(entry, now),
      nextTry: nextTry > now ? new Date(nextTry) : undefined,
      lastFailure: failure === undefined || failure instanceof UpstreamError ? failure?.reason : 'internal-error',
    }
  }

  return { current, cached, renew, isRenewing: () => renewing !== undefined, usable, health }
}

/** The health of a document that was never fetched, or that the cache evicted. */
export const notFetched: DocumentHealth = Object.freeze({
  state: 'missing',
  since: undefined,
  nextTry: undefined,
  lastFailure: undefined,
})

function stateOf(entry: Entry<unknown> | undefined, now: number): Pick<DocumentHealth, 'state' | 'since'> {
  if (entry === undefined) {
    return notFetched
  }
  const fresh = now - ageOf(entry, now)
  const stale = fresh + entry.freshFor
  const missing = stale + maxStaleness
  if (now < stale) {
    return { state: 'fresh', since: new Date(fresh) }
  }
  return now < missing ? { state: 'stale', since: new Date(stale) } : { state: 'missing', since: new Date(missing) }
}

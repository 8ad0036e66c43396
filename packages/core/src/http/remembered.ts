import type { Clock } from '../clock.ts'
import { UpstreamError } from '../unavailable.ts'
import { longestPause, pauseAfter, timeUntil } from './pause.ts'

/** A document from upstream that is kept: loaded when it is first needed, once for all who wait, and again when it is no longer fresh. */
export interface Remembered<Document> {
  /** The document; loaded when it is missing or no longer fresh, stale while upstream fails, an `UpstreamError` when there is none to use. */
  readonly current: () => Promise<Document>
  /** Loads it anew, or joins those who are doing so; an `UpstreamError` when that fails, or one failed a moment ago. */
  readonly reload: () => Promise<Document>
  /** Whether a load is under way, which `reload` would join. */
  readonly isLoading: () => boolean
}

export interface RememberedOptions<Document> {
  readonly load: () => Promise<Document>
  readonly clock: Clock
  /** Milliseconds for which a document is used without asking again. */
  readonly freshFor: number
  /** Milliseconds beyond that for which it is used while upstream fails. */
  readonly staleFor: number
}

export function createRemembered<Document>(options: RememberedOptions<Document>): Remembered<Document> {
  const { load, clock, freshFor, staleFor } = options
  let kept: { readonly document: Document; readonly loadedAt: number } | undefined
  let flight: Promise<Document> | undefined
  let failures = 0
  let lastFailure: unknown
  let retryAt = 0

  function isWithin(milliseconds: number): boolean {
    return kept !== undefined && clock() < kept.loadedAt + milliseconds
  }

  function hasJustFailed(): boolean {
    return failures > 0 && clock() < retryAt + longestPause
  }

  async function takeOff(): Promise<Document> {
    const startedAt = clock()
    try {
      const document = await load()
      kept = { document, loadedAt: startedAt }
      failures = 0
      retryAt = 0
      return document
    } catch (error) {
      failures += 1
      lastFailure = error
      retryAt = clock() + pauseAfter(failures)
      throw error
    } finally {
      flight = undefined
    }
  }

  async function reload(): Promise<Document> {
    const wait = timeUntil(retryAt, clock())
    if (flight === undefined && wait > 0) {
      const why = lastFailure instanceof Error ? lastFailure.message : 'no reason known'
      const message = `The last attempt failed (${why}), and the next one is not due yet`
      throw new UpstreamError({ reason: 'backing-off', message, retryAfter: wait / 1000, cause: lastFailure })
    }
    flight ??= takeOff()
    return flight
  }

  async function current(): Promise<Document> {
    if (kept !== undefined && isWithin(freshFor)) {
      return kept.document
    }
    if (kept !== undefined && hasJustFailed() && isWithin(freshFor + staleFor)) {
      // The attempt goes on behind, and nobody waits for another deadline.
      void reload().catch(isKeptAsLastFailure)
      return kept.document
    }
    try {
      return await reload()
    } catch (error) {
      if (error instanceof UpstreamError && kept !== undefined && isWithin(freshFor + staleFor)) {
        return kept.document
      }
      throw error
    }
  }

  return { current, reload, isLoading: () => flight !== undefined }
}

/** Who asks next, when nothing is left to serve, will hear of it. */
function isKeptAsLastFailure(): void {}

import type { DocumentHealth } from '../diagnostics/health.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import type { Backoff } from './backoff.ts'
import type { Age, Freshness } from './freshness.ts'

/** The health of keys that are configured. They never change. */
export const alwaysFresh: DocumentHealth = Object.freeze({
  state: 'fresh',
  since: undefined,
  nextTry: undefined,
  lastFailure: undefined,
})

/** The health of a document that was never fetched, or that the cache evicted. */
export const notFetched: DocumentHealth = Object.freeze({ ...alwaysFresh, state: 'missing' })

interface DatedDocument extends Freshness {
  readonly age: Age
}

export function documentHealth(document: DatedDocument | undefined, backoff: Backoff, now: number): DocumentHealth {
  const retryAt = now + backoff.wait()
  const nextTry = document === undefined ? retryAt : Math.max(retryAt, document.age.timeOf(document.refreshAfter))
  const failure = backoff.lastFailure()
  return {
    ...stateOf(document, now),
    nextTry: nextTry > now ? new Date(nextTry) : undefined,
    lastFailure: failure && reasonOf(failure.error),
  }
}

function stateOf(document: DatedDocument | undefined, now: number): Pick<DocumentHealth, 'state' | 'since'> {
  if (document === undefined) {
    return { state: 'missing', since: undefined }
  }
  const { age, freshFor, usableFor } = document
  const old = age.at(now)
  if (old < freshFor) {
    return { state: 'fresh', since: new Date(age.timeOf(0)) }
  }
  return old < usableFor
    ? { state: 'stale', since: new Date(age.timeOf(freshFor)) }
    : { state: 'missing', since: new Date(age.timeOf(usableFor)) }
}

function reasonOf(error: unknown): DocumentHealth['lastFailure'] {
  return error instanceof UpstreamError ? error.reason : 'internal-error'
}

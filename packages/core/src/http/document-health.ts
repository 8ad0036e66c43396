import { UpstreamError, type UpstreamReason } from '../responses/unavailable.ts'
import type { Age, Lifetime } from './lifetime.ts'

/** How it stands with something that is fetched and kept. */
export interface DocumentHealth {
  /** `fresh`: within the time that its server says. `stale`: beyond it, and usable while upstream fails. `missing`: there is none that could be used. */
  readonly state: 'fresh' | 'stale' | 'missing'
  /** Since when that is so; of a `seed`, since it was first needed. `undefined` when there never was any. */
  readonly since: Date | undefined
  /** When it is looked for next, provided that it is in use; `undefined`: at the next request. */
  readonly nextTry: Date | undefined
  /** Why the last attempt failed; `undefined` when it did not. */
  readonly lastFailure: UpstreamReason | 'internal-error' | undefined
}

/** What never changes, for it is configured. */
export const alwaysFresh: DocumentHealth = Object.freeze({
  state: 'fresh',
  since: undefined,
  nextTry: undefined,
  lastFailure: undefined,
})

/** What has not even been looked for. */
export const notLookedFor: DocumentHealth = Object.freeze({ ...alwaysFresh, state: 'missing' })

export interface Attempts {
  readonly now: number
  readonly retryAt: number
  /** `undefined` when the last attempt succeeded, or there was none. */
  readonly lastFailure: { readonly error: unknown } | undefined
}

export function healthOf(kept: (Lifetime & { readonly age: Age }) | undefined, attempts: Attempts): DocumentHealth {
  const { now, retryAt, lastFailure } = attempts
  const next = kept === undefined ? retryAt : Math.max(retryAt, kept.age.at(kept.refreshAfter))
  return {
    ...stateOf(kept),
    nextTry: next > now ? new Date(next) : undefined,
    lastFailure: lastFailure && reasonOf(lastFailure.error),
  }
}

function stateOf(kept: (Lifetime & { readonly age: Age }) | undefined): Pick<DocumentHealth, 'state' | 'since'> {
  if (kept === undefined) {
    return { state: 'missing', since: undefined }
  }
  const { age, freshFor, usableFor } = kept
  const old = age.now()
  if (old < freshFor) {
    return { state: 'fresh', since: new Date(age.at(0)) }
  }
  return old < usableFor
    ? { state: 'stale', since: new Date(age.at(freshFor)) }
    : { state: 'missing', since: new Date(age.at(usableFor)) }
}

function reasonOf(error: unknown): DocumentHealth['lastFailure'] {
  return error instanceof UpstreamError ? error.reason : 'internal-error'
}

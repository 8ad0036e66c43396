import { setTimeout as sleep } from 'node:timers/promises'
import type { CacheStats } from './cache/cache-stats.ts'
import type { CacheHealth } from './introspection/response-cache.ts'
import { type Duration, expectDuration } from './lib/duration.ts'
import type { Reach } from './http/dispatchers.ts'
import { expectOptions } from './lib/invalid-option.ts'
import type { Issuer, IssuerHealth } from './issuers/issuer.ts'
import { Unavailable, UpstreamError, type UpstreamReason } from './responses/unavailable.ts'

/** How it stands with what a validator needs to judge tokens. */
export interface Health {
  /** `ok`: all keys and metadata are fresh, and all circuits closed. `degraded`: some request would have to wait, is served by what is stale, or cannot be judged. */
  readonly status: 'ok' | 'degraded'
  /** The issuers that are listed, or those that the `issuer` function has found lately. */
  readonly issuers: readonly IssuerHealth[]
  readonly caches: {
    /** Verdicts on JWTs, in the memory of this process. A token that is seen for the first time is a miss, and not kept. */
    readonly jwt: CacheHealth
    /** Verdicts on opaque tokens, in the memory of this process. */
    readonly opaque: CacheHealth
    /** The look-ups in the shared `cache`; `undefined` without one. One that failed is a miss. */
    readonly shared: CacheStats | undefined
  }
}

/** What keeps a validator going, seen from outside. */
export interface Lifecycle {
  /**
   * Fetches what is missing or no longer fresh, for every issuer that is listed, and resolves when all can be judged by, be it with stale keys or
   * a seed. Rejects with the `Unavailable` of one that cannot, at once or, with `within`, when it still cannot after that time of trying; an attempt
   * that is under way then is waited for, which may take ten seconds more. What waiting does not mend, such as metadata of another issuer, rejects
   * at once. For those who want to fail, or wait, at start-up; nothing else needs it.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for what is no duration.
   */
  ready(options?: { readonly within?: Duration | undefined }): Promise<void>
  /** How it stands, now; nothing is fetched. */
  health(): Health
  /**
   * Ends timers and connections, and the calls that are under way, unless another validator shares them. A `dispatcher` and a `cache` of yours
   * are left alone, and calls through that dispatcher go on until their deadline. No request is judged any more: `authenticate` fails (500).
   * To call it again does nothing.
   */
  close(): Promise<void>
}

export interface LifecycleOptions {
  readonly issuers: { readonly listed: readonly Issuer[]; readonly present: () => readonly Issuer[] }
  readonly reach: Reach
  readonly caches: () => Health['caches']
}

/** Milliseconds between looks at issuers that are down; how often they are asked is up to their back-off. */
const look = 250

export function createLifecycle({ issuers, reach, caches }: LifecycleOptions): Lifecycle & { readonly expectOpen: () => void } {
  const closing = new AbortController()
  let isOpen = true

  function expectOpen(): void {
    if (!isOpen) {
      throw new Error('This validator is closed: close your server first, so that no request comes any more')
    }
  }

  async function ready(options: { readonly within?: Duration | undefined } = {}): Promise<void> {
    expectOptions(options, "what is given to ready, such as { within: '30s' },", ['within'])
    const within = expectDuration(options.within ?? '0s', 'within')
    const until = performance.now() + within
    for (;;) {
      expectOpen()
      const failure = await firstFailure(issuers.listed)
      const left = until - performance.now()
      if (failure === undefined) {
        return
      }
      if (left <= 0 || hopeless.has(failure.reason)) {
        throw failure
      }
      await sleep(Math.min(left, look), undefined, { signal: closing.signal }).catch(expectOpen)
    }
  }

  function health(): Health {
    const present = issuers.present().map((issuer) => issuer.health())
    return { status: present.every(isWell) ? 'ok' : 'degraded', issuers: present, caches: caches() }
  }

  async function close(): Promise<void> {
    isOpen = false
    closing.abort()
    await reach.close()
  }

  return { ready, health, close, expectOpen }
}

/** All are tried, so that one that is down keeps nobody else from being ready. */
async function firstFailure(issuers: readonly Issuer[]): Promise<Unavailable | undefined> {
  const attempts = await Promise.allSettled(issuers.map((issuer) => issuer.ready()))
  const reasons: readonly unknown[] = attempts.flatMap((attempt) =>
    attempt.status === 'rejected' ? attempt.reason : [],
  )
  const bug = reasons.find((reason) => !(reason instanceof Unavailable))
  if (bug !== undefined) {
    throw bug
  }
  const failures = reasons.filter((reason) => reason instanceof Unavailable).map(withoutPause)
  return failures.find(({ reason }) => hopeless.has(reason)) ?? failures[0]
}

/** Why the last attempt failed is worth more than that the next one is not due yet. */
function withoutPause(failure: Unavailable): Unavailable {
  const { reason, cause, issuer } = failure
  return reason === 'backing-off' && cause instanceof UpstreamError ? new Unavailable(issuer, cause) : failure
}

/** A mistake in a configuration, ours or theirs. */
const hopeless: ReadonlySet<UpstreamReason> = new Set(['issuer-mismatch', 'insecure-endpoint'])

function isWell({ keys, metadata, introspection }: IssuerHealth): boolean {
  const documents = [keys, metadata, introspection?.metadata]
  const circuits = Object.values(introspection?.circuits ?? {})
  return (
    documents.every((document) => document === undefined || document.state === 'fresh') &&
    circuits.every(({ state }) => state === 'closed')
  )
}

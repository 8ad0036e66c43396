// Fake timers of a test replace the global timers and the global `performance`.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CachesHealth, Health, RevocationsHealth } from './diagnostics/health.ts'
import type { Networks } from './http/network.ts'
import type { Issuer } from './issuers/issuer.ts'
import type { IssuerRegistry } from './issuers/issuer-registry.ts'
import { type Duration, expectDuration } from './lib/duration.ts'
import { expectOptions } from './lib/invalid-option.ts'
import type { ValidatorRevocations } from './revocation/validator-revocations.ts'
import { isUnavailable, Unavailable, UpstreamError, type UpstreamReason } from './responses/unavailable.ts'

/** The start, the state and the end of a validator. */
export interface Lifecycle {
  /**
   * Fetches the missing and the stale documents of every listed issuer. Resolves when each of them can validate tokens,
   * also with stale keys or a seed, and when the log of `revocations` is read. Rejects with the `Unavailable` of an
   * issuer that cannot, or with `revocations-silent`: at once, or after trying for `within`. A fetch that runs at that
   * time is finished, which can take ten seconds more. An error that waiting does not fix, such as metadata of another
   * issuer, rejects at once. The call is optional.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an invalid duration.
   */
  ready(options?: { readonly within?: Duration | undefined }): Promise<void>
  /** The state at this moment. It fetches nothing. */
  health(): Health
  /**
   * Closes the connections of the library and aborts its calls, unless another validator is open. A `dispatcher` and a
   * `TokenCache` of the application stay open, and calls through that dispatcher run until their deadline. From now on
   * `authenticate` rejects with an error (500). A second call does nothing.
   */
  close(): Promise<void>
}

interface LifecycleParts {
  readonly issuers: IssuerRegistry
  readonly networks: Networks
  readonly revocations: Pick<ValidatorRevocations, 'isReady' | 'attempted' | 'health' | 'close'>
  /** `close` aborts it. */
  readonly closing: AbortController
}

export interface OpenState {
  readonly isOpen: () => boolean
  /** Throws an error when the validator is closed. */
  readonly expectOpen: () => void
}

/** Milliseconds between two attempts with issuers that are down. Their back-off determines how often a call goes out. */
const interval = 250

export function createLifecycle(
  { issuers, networks, revocations, closing }: LifecycleParts,
  caches: () => CachesHealth,
): Lifecycle & OpenState {
  const isOpen = (): boolean => !closing.signal.aborted

  function expectOpen(): void {
    if (!isOpen()) {
      throw new Error('This validator is closed: close your server first, so that no more requests come')
    }
  }

  async function ready(options: { readonly within?: Duration | undefined } = {}): Promise<void> {
    const { within = '0s' } = expectOptions(options, "the options of ready, such as { within: '30s' },", ['within'])
    const until = performance.now() + expectDuration(within, 'within')
    for (;;) {
      expectOpen()
      const [failure] = await Promise.all([firstFailure(issuers.listed), revocations.attempted()])
      expectOpen()
      const left = until - performance.now()
      if (failure === undefined && revocations.isReady()) {
        return
      }
      if (left <= 0 || (failure !== undefined && permanent.has(failure.reason))) {
        throw failure ?? notCaughtUp(issuers)
      }
      await sleep(Math.min(left, interval), undefined, { signal: closing.signal }).catch(expectOpen)
    }
  }

  return {
    ready,
    health: () => healthOf(issuers.health(), revocations.health(), caches()),
    close: async () => {
      closing.abort()
      revocations.close()
      await networks.close()
    },
    isOpen,
    expectOpen,
  }
}

function healthOf(
  issuers: ReturnType<IssuerRegistry['health']>,
  revocations: RevocationsHealth,
  caches: CachesHealth,
): Health {
  return { ...issuers, status: revocations.state === 'current' ? issuers.status : 'degraded', caches, revocations }
}

/** A token that is revoked in the log would be accepted. */
function notCaughtUp({ listed }: IssuerRegistry): Unavailable {
  const message = 'The revocations are not read yet: the log of `revocations` does not respond'
  return new Unavailable(listed[0]?.url ?? '', new UpstreamError({ reason: 'revocations-silent', message }))
}

/** Tries all issuers, so that one that is down does not keep the others from being ready. */
async function firstFailure(issuers: readonly Issuer[]): Promise<Unavailable | undefined> {
  const attempts = await Promise.allSettled(issuers.map((issuer) => issuer.ready()))
  const errors = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []))
  const failures = errors.map((error) => {
    if (!isUnavailable(error)) {
      throw error
    }
    return withoutBackoff(error)
  })
  return failures.find(({ reason }) => permanent.has(reason)) ?? failures[0]
}

/** The reason of the last failure says more than the back-off that follows it. */
function withoutBackoff(failure: Unavailable): Unavailable {
  const { reason, cause, issuer } = failure
  return reason === 'backing-off' && cause instanceof UpstreamError ? new Unavailable(issuer, cause) : failure
}

/** A mistake in the configuration, of the application or of the issuer. */
const permanent: ReadonlySet<UpstreamReason> = new Set(['issuer-mismatch', 'insecure-endpoint'])

// Fake timers of a test replace the global functions.
import { clearTimeout, setTimeout } from 'node:timers'
import type { AccessToken } from '../access-token.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidToken } from '../responses/refusal.ts'
import { isUnavailable, Unavailable } from '../responses/unavailable.ts'
import { bindConnection } from './connection.ts'
import type { Lease } from './lease.ts'
import type { LeaseTokens } from './lease-tokens.ts'

/** Milliseconds. The clock can be ahead of a timer, when the machine slept. */
const maxDelay = 60_000
/** Milliseconds: the interval between two attempts to confirm, at least. */
const minInterval = 1000
/** Milliseconds: an opaque token without `exp` would never end. */
const withinWithoutExp = 60_000

/** A lease, as the others of its validator see it. */
export interface OpenLease extends Lease {
  /** Ends the lease if its token is revoked. */
  readonly checkRevocations: () => Promise<void>
  /** Ends the lease for a reason. */
  readonly stop: (reason: unknown) => void
}

interface LeaseContext {
  readonly tokens: LeaseTokens
  readonly clock: Clock
  /** The lease has ended. */
  readonly ended: (lease: OpenLease) => void
}

export function createLease(first: AccessToken, { tokens, clock, ended }: LeaseContext): OpenLease {
  const ending = new AbortController()
  const { signal } = ending
  let token = first
  /** Milliseconds since the epoch: the last statement of the issuer that the token is active. */
  let confirmedAt = statedAt(first)
  /** Milliseconds since the epoch: the last attempt to confirm. */
  let attemptedAt = -Infinity
  /** Milliseconds since the epoch: the end of a lease whose issuer does not respond. It applies from the first attempt. */
  let deadline = Infinity
  let isConfirming = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const open: OpenLease = {
    get token() {
      // The timer can be late, when the machine slept.
      endIfExpired()
      return token
    },
    signal,
    bind: (connection) => {
      bindConnection(connection, signal, () => stop(undefined))
      return open
    },
    renew: async (credentials) => {
      signal.throwIfAborted()
      const fresh = await tokens.renewed(token, credentials)
      signal.throwIfAborted()
      confirmedAt = statedAt(fresh)
      deadline = Infinity
      use(fresh)
      return fresh
    },
    end: () => stop(undefined),
    checkRevocations: async () => tokens.verifyRevocations(token).catch(stop),
    stop,
  }

  /** The time until which a statement that the token is active counts. `undefined` if there is no such demand. */
  function activeWithin(): number | undefined {
    const demanded = tokens.activeWithin(token)
    return demanded ?? (token.expiresAt === undefined ? withinWithoutExp : undefined)
  }

  function expiresAt(): number {
    return token.expiresAt?.getTime() ?? Infinity
  }

  function confirmsAt(): number {
    const within = activeWithin()
    return within === undefined || isConfirming
      ? Infinity
      : Math.max(confirmedAt + intervalOf(within), attemptedAt + minInterval)
  }

  /** A JWT does not say when the issuer confirmed it: the statement can be as old as the guard permits. */
  function statedAt(stated: AccessToken): number {
    const now = clock()
    return stated.kind === 'opaque'
      ? Math.min(stated.introspectedAt.getTime(), now)
      : now - (tokens.activeWithin(stated) ?? 0)
  }

  function use(next: AccessToken): void {
    token = next
    check()
  }

  function endIfExpired(): void {
    if (clock() >= expiresAt()) {
      stop(invalidToken('expired', ['exp']))
    }
  }

  /** The only timer of the lease calls it, and every change of the token. */
  function check(): void {
    clearTimeout(timer)
    endIfExpired()
    if (signal.aborted) {
      return
    }
    const now = clock()
    // After a step back of the clock, the old times would be in the future.
    confirmedAt = Math.min(confirmedAt, now)
    attemptedAt = Math.min(attemptedAt, now)
    if (now >= deadline) {
      stop(
        new Unavailable(token.issuer, { reason: 'timeout', message: 'The issuer did not confirm the token in time' }),
      )
      return
    }
    if (now >= confirmsAt()) {
      void confirm()
    }
    const delay = Math.min(expiresAt(), confirmsAt(), deadline) - now
    timer = setTimeout(check, Math.min(Math.max(delay, 1), maxDelay)).unref()
  }

  async function confirm(): Promise<void> {
    const within = activeWithin() ?? 0
    const begun = clock()
    const previous = token
    isConfirming = true
    attemptedAt = begun
    // The timer can be late. The issuer has some time even then.
    deadline = Math.min(deadline, Math.max(confirmedAt + maxAge(within), begun + intervalOf(within)))
    try {
      const newer = await tokens.confirmed(previous, intervalOf(within))
      if (token === previous) {
        token = newer
        confirmedAt = newer.kind === 'jwt' ? begun : statedAt(newer)
        deadline = Infinity
      }
    } catch (error) {
      // A renewal can have replaced the token meanwhile.
      if (token === previous && (!isUnavailable(error) || isTooOld(within))) {
        stop(error)
      }
    } finally {
      isConfirming = false
    }
    check()
  }

  function isTooOld(within: number): boolean {
    return clock() - confirmedAt >= maxAge(within)
  }

  function stop(reason: unknown): void {
    if (!signal.aborted) {
      clearTimeout(timer)
      ended(open)
      ending.abort(reason)
    }
  }

  check()
  return open
}

/** Milliseconds for which a statement of the issuer counts, when the issuer is silent. */
function maxAge(within: number): number {
  return Math.max(within, 2 * minInterval)
}

/** Half of the time: the statement is then never older than the demand, with the time of the call. */
function intervalOf(within: number): number {
  return Math.max(within / 2, minInterval)
}

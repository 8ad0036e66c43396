import type { Clock } from '../lib/clock.ts'
import type { Soon } from '../soon.ts'
import type { Memory, TokenVerdict } from './introspection-cache.ts'
import type { RestrainedAsk } from './upstream-limits.ts'

/** What an issuer says of tokens, remembered for a while. An `UpstreamError` when it has to be asked and cannot be. */
export interface Introspection {
  /** The verdict on a token, remembered or new, and no older than `within` milliseconds. */
  readonly verdictOn: (token: string, within?: number) => Soon<TokenVerdict>
  /** What is remembered of a token. */
  readonly recall: (token: string) => TokenVerdict | undefined
  /** Forgets what is known of a token, here and in the shared cache; rejects when that fails. */
  readonly evict: (token: string) => Promise<void>
}

/** One question under way, for all who want to know. It is nobody's: it goes on when those who wait leave. */
interface Flight {
  readonly verdict: Promise<TokenVerdict>
  /** The answer will not be of an earlier time than this. */
  readonly earliest: number
  /** The token was evicted meanwhile: the answer is for those who wait, and not remembered. */
  isEvicted: boolean
}

/** A token that is used in the last fifth of its verdict's time is hot: it is asked about again while that verdict still serves. */
const hotAfter = 0.8
const pauseBetweenRefreshes = 1000

export function createIntrospection(memory: Memory, ask: RestrainedAsk, clock: Clock): Introspection {
  const flights = new Map<string, Set<Flight>>()
  const refreshedAt = new WeakMap<TokenVerdict, number>()

  function verdictOn(token: string, within = Infinity): Soon<TokenVerdict> {
    const key = memory.keyOf(token)
    const earliest = clock() - within
    const known = memory.recall(key)
    const isEnough = known !== undefined && known.askedAt >= earliest
    memory.note(isEnough ? 'hit' : 'miss')
    if (isEnough) {
      refreshIfHot(key, token, known)
      return known
    }
    const underWay = [...(flights.get(key) ?? [])].find((flight) => flight.earliest >= earliest)
    return underWay === undefined ? takeOff(key, token, earliest) : underWay.verdict
  }

  function takeOff(key: string, token: string, earliest: number): Promise<TokenVerdict> {
    const verdict = land().finally(() => leave(key, flight))
    const flight: Flight = { verdict, earliest: memory.isShared ? earliest : clock(), isEvicted: false }
    flights.set(key, (flights.get(key) ?? new Set()).add(flight))
    return verdict

    async function land(): Promise<TokenVerdict> {
      const lane = memory.wasActive(key) ? 'known' : 'unknown'
      const shared = await memory.recallShared(key)
      const isEnough = shared !== undefined && shared.askedAt >= earliest
      const answered = isEnough ? shared : await ask(token, lane)
      if (!flight.isEvicted) {
        memory.keep(key, answered, isEnough ? 'here' : 'everywhere')
      }
      return memory.toVerdict(answered)
    }
  }

  function leave(key: string, flight: Flight): void {
    const others = flights.get(key)
    others?.delete(flight)
    if (others?.size === 0) {
      flights.delete(key)
    }
  }

  function refreshIfHot(key: string, token: string, known: TokenVerdict): void {
    const now = clock()
    const isDue = isHot(known, now) && now - (refreshedAt.get(known) ?? -Infinity) >= pauseBetweenRefreshes
    if (isDue && !flights.has(key)) {
      refreshedAt.set(known, now)
      takeOff(key, token, known.askedAt + 1).catch(isToldWhenItMatters)
    }
  }

  function discardFlights(key: string): void {
    flights.get(key)?.forEach((flight) => (flight.isEvicted = true))
    flights.delete(key)
  }

  async function evict(token: string): Promise<void> {
    const key = memory.keyOf(token)
    discardFlights(key)
    try {
      await memory.forget(key)
    } finally {
      // Who came meanwhile may have found it in the shared cache still.
      discardFlights(key)
    }
  }

  return { verdictOn, recall: (token) => memory.recall(memory.keyOf(token)), evict }
}

function isHot({ claims, askedAt, freshUntil }: TokenVerdict, now: number): boolean {
  const isExpired = claims?.exp !== undefined && claims.exp * 1000 <= now
  return claims !== undefined && !isExpired && now >= askedAt + hotAfter * (freshUntil - askedAt)
}

/** The verdict at hand still serves; whoever asks when it no longer does will hear of it. */
function isToldWhenItMatters(): void {}

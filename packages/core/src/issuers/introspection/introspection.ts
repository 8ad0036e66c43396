import type { Clock } from '../../clock.ts'
import type { Memory, TokenVerdict } from './memory.ts'
import type { RestrainedAsk } from './restrained.ts'

/** What an issuer says of tokens, remembered for a while. An `UpstreamError` when it has to be asked and cannot be. */
export interface Introspection {
  /** The verdict on a token, remembered or new, and no older than `within` milliseconds. */
  readonly verdictOn: (token: string, within?: number) => Promise<TokenVerdict>
  /** Forgets what is known of a token, here and in the shared cache. */
  readonly evict: (token: string) => Promise<void>
}

/** One question under way, for all who want to know. */
interface Flight {
  readonly startedAt: number
  readonly verdict: Promise<TokenVerdict>
}

type IsNewEnough = (verdict: TokenVerdict) => boolean

/** A token that is used in the last fifth of its verdict's time is hot: it is asked about again while that verdict still serves. */
const hotAfter = 0.8
const pauseBetweenRefreshes = 1000

export function createIntrospection(memory: Memory, ask: RestrainedAsk, clock: Clock): Introspection {
  const flights = new Map<string, Flight>()
  const refreshedAt = new WeakMap<TokenVerdict, number>()

  async function verdictOn(token: string, within = Infinity): Promise<TokenVerdict> {
    const key = memory.keyOf(token)
    const earliest = clock() - within
    const isNewEnough: IsNewEnough = ({ askedAt }) => askedAt >= earliest
    const known = memory.recall(key)
    if (known !== undefined && isNewEnough(known)) {
      refreshIfHot(key, token, known)
      return known
    }
    const verdict = await join(key, token, earliest, isNewEnough)
    // Those who were here first may have been content with an older one.
    return isNewEnough(verdict) ? verdict : join(key, token, earliest, isNewEnough)
  }

  function join(key: string, token: string, earliest: number, isNewEnough: IsNewEnough): Promise<TokenVerdict> {
    const underWay = flights.get(key)
    return underWay !== undefined && underWay.startedAt >= earliest
      ? underWay.verdict
      : takeOff(key, token, isNewEnough).verdict
  }

  /** Whoever waits, and for however long, the flight is nobody's: it goes on when one of them leaves. */
  function takeOff(key: string, token: string, isNewEnough: IsNewEnough): Flight {
    const lane = memory.wasActive(key) ? 'known' : 'unknown'
    const isCurrent = (): boolean => flights.get(key) === flight

    async function land(): Promise<TokenVerdict> {
      const shared = await memory.recallShared(key)
      const isEnough = shared !== undefined && isNewEnough(memory.toVerdict(shared))
      const answered = isEnough ? shared : await ask(token, lane)
      // An eviction meanwhile, or a later question, is newer than this answer.
      if (isCurrent()) {
        memory.keep(key, answered, isEnough ? 'here' : 'everywhere')
      }
      return memory.toVerdict(answered)
    }

    const verdict = land().finally(() => {
      if (isCurrent()) {
        flights.delete(key)
      }
    })
    const flight: Flight = { startedAt: clock(), verdict }
    flights.set(key, flight)
    return flight
  }

  function refreshIfHot(key: string, token: string, known: TokenVerdict): void {
    const now = clock()
    const lastTry = refreshedAt.get(known) ?? -Infinity
    if (!isHot(known, now) || now - lastTry < pauseBetweenRefreshes || flights.has(key)) {
      return
    }
    refreshedAt.set(known, now)
    takeOff(key, token, ({ askedAt }) => askedAt > known.askedAt).verdict.catch(isToldWhenItMatters)
  }

  async function evict(token: string): Promise<void> {
    const key = memory.keyOf(token)
    flights.delete(key)
    await memory.forget(key)
  }

  return { verdictOn, evict }
}

function isHot({ claims, askedAt, freshUntil }: TokenVerdict, now: number): boolean {
  const isExpired = claims?.exp !== undefined && claims.exp * 1000 <= now
  return claims !== undefined && !isExpired && now >= askedAt + hotAfter * (freshUntil - askedAt)
}

/** The verdict at hand still serves; whoever asks when it no longer does will hear of it. */
function isToldWhenItMatters(): void {}

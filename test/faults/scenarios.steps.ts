import { type KeyName, keySet, metadata, publicJwk } from '../harness/issuer-documents.ts'
import type { Outcome } from '../harness/outcome.ts'
import type { Place, Script } from '../harness/scripted-upstream.ts'
import { type Handler, json } from '../harness/upstream.ts'

/** Nothing is known; what is known is fresh, and due for a refresh; it is expired, and may serve while upstream fails; it may not. */
export type Phase = 'cold' | 'warm' | 'expired' | 'beyond'

export type Document = 'metadata' | 'keys'

/** How often each place was called so far; what is not named was not called. */
export type Calls = Readonly<Partial<Record<Place, number>>>

export interface Step {
  /** Seconds by which the clock is moved first, as soon as no call is under way. */
  readonly after?: number
  /** What upstream does from now on. */
  readonly act?: Script
  /** The key of the token that is presented. */
  readonly present: KeyName
  readonly gives: Outcome
  /** Between which numbers of seconds. */
  readonly retryAfter?: readonly [least: number, most: number]
  /** Milliseconds. */
  readonly within: number
  readonly calls: Calls
  /** What goes on when the calls are made, and before the answer comes. */
  readonly meanwhile?: readonly Step[]
}

/** What upstream does to one of its documents from a moment on, and what becomes of requests. */
export interface Scenario {
  readonly name: string
  readonly phase: Phase
  readonly document: Document
  /** Seconds since the document was fetched, in place of what is usual for the phase. */
  readonly age?: number
  /** It takes seconds. */
  readonly isLong?: true
  /** What upstream does when the phase has come, instead of what is healthy. */
  readonly act: Script
  readonly steps: readonly Step[]
}

export function step(present: KeyName, gives: Outcome, calls: Calls, within: number = atOnce): Step {
  return { present, gives, calls, within }
}

/** Bounds of time in milliseconds, with a margin for slow machines. */
export const atOnce = 1500
/** At once, where patience for a second would be a mistake. */
export const impatience = 900
/** A second, which those wait who could be served by what is old. */
export const patience = 2500
/** Five seconds, after which a call is over. */
export const deadline = 6500

export const tenMinutes = { 'cache-control': 'max-age=600' }
const hour = { 'cache-control': 'max-age=3600' }

/** A set that no signature can be verified by. */
export const useless: Handler = json({ keys: [{ ...publicJwk('known'), use: 'enc' }] })

/** What is fetched of the other document than the one in question is fresh for longer. */
export const healthy: Readonly<Record<Document, Script>> = {
  keys: { oauth: metadata(), jwks: keySet(['known']) },
  metadata: { oauth: metadata({}, tenMinutes), jwks: keySet(['known'], hour) },
}

/**
 * Seconds since the document was fetched, which is fresh for ten minutes, refreshed after eight ± 5 %, and usable for an hour more; beyond
 * the time of metadata the keys go on, which then are fresh for an hour, and usable for another.
 */
export const ages: Readonly<Record<Document, Readonly<Record<Exclude<Phase, 'cold'>, number>>>> = {
  keys: { warm: 540, expired: 660, beyond: 4260 },
  metadata: { warm: 540, expired: 660, beyond: 7260 },
}

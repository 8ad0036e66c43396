import type { AccessToken } from '../access-token.ts'
import { callUserFunction } from '../responses/error-response.ts'
import { isScope } from '../responses/challenge.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { describe, expectFunction, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { isRecord } from '../lib/record.ts'
import { Refusal } from '../responses/refusal.ts'
import { type Soon, whenThere } from '../soon.ts'

/** What a route asks of a token, for the challenge. */
export interface Demands {
  readonly scopes?: readonly string[]
  /** The greatest age, in milliseconds, of the authorization server's word that the token is active. */
  readonly activeWithin?: number
}

export interface GuardContext {
  readonly request: HttpRequest
  /** The time of the judgement, in milliseconds since the epoch. */
  readonly now: number
}

/** What the guards of this library see besides. */
export interface CheckContext extends GuardContext {
  /** The token by a verdict of its issuer that is no older than so many milliseconds. */
  readonly renew: (token: AccessToken, within: number) => Soon<AccessToken>
}

/** A refusal; or the token as it is now known, which those that follow judge; or nothing. */
export type Judgement = Refusal | AccessToken | undefined

/** The order in which guards are judged, however they are written: the first refusal decides the answer. */
export const stages = ['audience', 'active', 'scopes', 'claims'] as const
type Stage = (typeof stages)[number]

/** A condition that a route puts on a token which is already found good. Data, and a check. */
export interface Guard {
  readonly demands: Demands
  readonly stage: Stage
  /** Judges now or later. What it throws is a failure and no refusal. */
  readonly check: (token: AccessToken, context: CheckContext) => Soon<Judgement>
}

export interface GuardInit {
  readonly demands?: Pick<Demands, 'scopes'>
  /** Gives the refusal, or nothing, now or later. What it throws is a failure and no refusal. */
  readonly check: (token: AccessToken, context: GuardContext) => Refusal | undefined | Promise<Refusal | undefined>
}

const made = new WeakSet()

/**
 * Makes a guard of your own. `check` sees only tokens that passed everything else, and returns
 * `new Refusal({ reason: 'your-reason' })` to refuse (403). It is judged together with `claims`, last.
 */
export function defineGuard(init: GuardInit): Guard {
  expectOptions(init, 'the guard', ['demands', 'check'])
  expectFunction(init.check, 'check')
  const { demands = {}, check } = init
  expectOptions(demands, 'the demands of the guard', ['scopes'])
  return createGuard({
    demands: demands.scopes === undefined ? {} : { scopes: expectScopes(demands.scopes) },
    stage: 'claims',
    check: (token, context) =>
      whenThere(
        callUserFunction(() => check(token, context)),
        expectRefusal,
      ),
  })
}

/** `false` and `true` say nothing clear: neither lets anybody through by accident, nor out. */
function expectRefusal(outcome: unknown): Refusal | undefined {
  if (outcome !== undefined && !(outcome instanceof Refusal)) {
    throw new TypeError(`Expected the guard's check to return a Refusal or undefined, got ${describe(outcome)}`)
  }
  return outcome
}

/** Scope tokens by RFC 6749 §3.3, at least one: what stands here goes into a header. */
export function expectScopes(names: readonly unknown[]): readonly string[] {
  if (!Array.isArray(names) || names.length === 0) {
    throw invalidOption(`Expected at least one scope, got ${Array.isArray(names) ? 'none' : describe(names)}`)
  }
  for (const name of names) {
    if (typeof name !== 'string' || !isScope(name)) {
      throw invalidOption(
        `Expected each scope to be printable ASCII without spaces, quotes and backslashes, one scope a string, got ${describe(name)}${Array.isArray(name) || / /.test(String(name)) ? ": did you mean several, 'a', 'b'?" : ''}`,
      )
    }
  }
  return Object.freeze([...names])
}

export function createGuard(guard: Guard): Guard {
  made.add(guard)
  Object.freeze(guard.demands)
  return Object.freeze(guard)
}

/** Throws unless each is a guard: `protect('orders:read')` must not protect nothing. */
export function expectGuards(guards: readonly unknown[]): readonly Guard[] {
  for (const guard of guards) {
    if (!isRecord(guard) || !made.has(guard)) {
      throw invalidOption(`Expected guards such as scopes(…), active(…) or claims(…)${hintFor(guard)}`)
    }
  }
  return guards as readonly Guard[]
}

function hintFor(mistake: unknown): string {
  if (typeof mistake === 'string') {
    return ", got a string: did you mean scopes('…')?"
  }
  if (Array.isArray(mistake)) {
    return ', got an array: pass them one by one'
  }
  if (typeof mistake === 'function') {
    return ", got a function: a guard is what it returns, such as scopes('…')"
  }
  const isRequest = isRecord(mistake) && 'method' in mistake && 'headers' in mistake
  return isRequest ? ', got a request: protect() has to be called where it is used' : `, got ${describe(mistake)}`
}

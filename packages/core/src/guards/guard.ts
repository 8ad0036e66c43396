import type { AccessToken } from '../access-token.ts'
import { describe, expectFunction, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { isRecord } from '../lib/record.ts'
import { kindOf, markKind, shared } from '../lib/shared-state.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { AuthorizationRemedy } from '../responses/challenge.ts'
import { callApplication } from '../responses/error-response.ts'
import { isRefusal, Refusal } from '../responses/refusal.ts'
import { policyOf } from '../request-token.ts'
import { expectScopes } from './expect-scopes.ts'
import { hintForMistake } from './guard-hint.ts'

/** What a guard announces. The challenge of the route names the scopes. */
export interface Demands {
  readonly scopes?: readonly string[]
  /** The challenge also names those of these scopes that the token has, because some clients lose them otherwise. */
  readonly keptScopes?: readonly string[]
  /** The maximum age, in milliseconds, of the issuer's statement that the token is active. */
  readonly activeWithin?: number
  /** The guard decides about the tokens of organizations, which other routes refuse. */
  readonly organization?: true
  /** The guard accepts only tokens that are bound to a key. The challenge then offers DPoP alone. */
  readonly dpop?: true
  /** The authentication context classes of which the token needs one (RFC 9470). The challenge names them. */
  readonly acr?: readonly string[]
  /** The maximum age of the authentication in seconds. The challenge names it. */
  readonly maxAge?: number
  /** The types of authorization details that the guards demand (RFC 9396), each in an element of its own. */
  readonly authorizationDetails?: readonly string[]
  /** What a client without these details must request. The challenge of their refusal has it. */
  readonly remedy?: AuthorizationRemedy
}

/** What a guard can inspect besides the token. */
export interface GuardContext<Native = unknown> {
  /** The request that presented the token. `undefined` for a token that `validator.validate` validates by itself. */
  readonly request: HttpRequest | undefined
  /**
   * The request as the framework knows it, with its route parameters: `req` of Express, `ctx` of Koa, `request` of
   * Fastify, `c` of Hono. Elsewhere the object that `authenticate` got. `undefined` for a token without a request.
   */
  readonly native: Native | undefined
  /** The time of this validation, in milliseconds since the epoch. */
  readonly now: number
}

/** A guard accepts the token, or it returns the refusal. */
export type GuardResult = 'pass' | Refusal

/** The order in which guards run. The developer's order does not count. */
export const stages = ['audience', 'step-up', 'scopes', 'authorization-details', 'claims'] as const

/** A guard as data. `check` decides by the same values, so that a document of the routes cannot disagree. */
export type GuardStructure =
  /** The token needs all scopes of one of these lists. A guard of the application can check more. */
  | { readonly kind: 'scopes'; readonly alternatives: readonly (readonly string[])[] }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Guard[] }
  /** Only `demands` and `stage` describe it. */
  | { readonly kind: 'other' }

/** A condition of a route. It inspects a token and does not replace it. Only the library creates guards. */
export interface Guard {
  readonly demands: Demands
  readonly structure: GuardStructure
  readonly stage: (typeof stages)[number]
  /** An error is a failure (500), and no refusal. */
  readonly check: (token: AccessToken, context: GuardContext) => Promise<GuardResult>
  /** The same check for the fast path. `undefined` for a guard that calls a function of the application. */
  readonly checkNow: ((token: AccessToken) => GuardResult) | undefined
}

/** A guard of the application. `Native` is the type of the framework's own request. */
export interface GuardInit<Native = unknown> {
  /** The scopes that the guard demands, all of them. They are checked before `check` runs. Default: none. */
  readonly demands?: Pick<Demands, 'scopes'>
  /** Returns `'pass'` or a `Refusal`. Another result, and an error, is a failure (500). */
  readonly check: (token: AccessToken, context: GuardContext<Native>) => MaybePromise<GuardResult>
}

/** Step 6. Throws the refusal of the guard, with the token that it refused. */
export async function verifyGuard(
  guard: Guard,
  token: AccessToken,
  { request, now }: Pick<GuardContext, 'request' | 'now'>,
): Promise<void> {
  const result = await guard.check(token, { request, native: request?.native ?? request, now })
  if (result !== 'pass') {
    throw new Refusal(result, undefined, token)
  }
}

/**
 * Creates a guard of the application. `check` sees only tokens that passed all other guards. To refuse, it returns `new
 * Refusal({ reason: 'your-reason' })` (403). To accept, it returns `'pass'`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function defineGuard<Native = unknown>(init: GuardInit<Native>): Guard {
  const { demands = {}, check } = expectOptions(init, 'the guard', ['demands', 'check'])
  expectFunction(check, 'check')
  const { scopes = [] } = expectOptions(demands, 'the demands of the guard', ['scopes'])
  // A member without a value is a variable that has none. It must not switch the check off.
  const required = Object.hasOwn(demands, 'scopes') ? expectScopes(scopes) : []
  return createGuard({
    demands: required.length === 0 ? {} : { scopes: required },
    structure: { kind: 'scopes', alternatives: [required] },
    stage: 'claims',
    check: async (token, context) =>
      hasScopes(token, required)
        ? expectResult(await callApplication(() => check(token, context as GuardContext<Native>)))
        : missingScope(token),
    checkNow: undefined,
  })
}

/** `undefined` is no result, because a `check` without a `return` must not open a route. */
function expectResult(result: unknown): GuardResult {
  if (result !== 'pass' && !isRefusal(result)) {
    throw new TypeError(`Expected the check of a guard to return 'pass' or a Refusal, got ${describe(result)}`)
  }
  return result
}

export function hasScopes(token: AccessToken, required: readonly string[]): boolean {
  return required.every((scope) => token.scopes.has(scope))
}

/** Names the claims that were read. */
export function missingScope(token: AccessToken): Refusal {
  return new Refusal({ reason: 'missing-scope', claimPaths: policyOf(token).scopeClaims })
}

const created = shared('guards', () => new WeakSet<object>())

const noStructure: GuardStructure = Object.freeze({ kind: 'other' })

export function createGuard(init: Omit<Guard, 'structure'> & { readonly structure?: GuardStructure }): Guard {
  const guard: Guard = { ...init, structure: Object.freeze(init.structure ?? noStructure) }
  created.add(markKind(guard, 'guard'))
  Object.freeze(guard.demands)
  return Object.freeze(guard)
}

/** Whether a value is a guard, also one of another copy of the library, which `expectGuards` may refuse. */
export function isGuard(value: unknown): boolean {
  return kindOf(value) === 'guard'
}

/** Creates a guard that only inspects the token. */
export function createTokenGuard(
  init: Pick<Guard, 'demands' | 'stage'> & {
    readonly structure?: GuardStructure
    readonly check: (token: AccessToken) => GuardResult
  },
): Guard {
  return createGuard({ ...init, check: async (token) => init.check(token), checkNow: init.check })
}

/** Throws unless each value is a guard, because `protect('orders:read')` must not protect nothing. */
export function expectGuards(guards: readonly unknown[]): readonly Guard[] {
  for (const guard of guards) {
    if (!isRecord(guard) || !created.has(guard)) {
      throw invalidOption(`Expected guards such as scopes(…), active(…) or claims(…)${hintForMistake(guard)}`)
    }
    expectKnownDemands(guard as object as Guard)
  }
  return guards as readonly Guard[]
}

const demandNames = new Set([
  'scopes',
  'keptScopes',
  'activeWithin',
  'organization',
  'dpop',
  'acr',
  'maxAge',
  'authorizationDetails',
  'remedy',
] satisfies (keyof Demands)[] as string[])

/** A newer copy of the library can announce a demand that this copy would not meet, so that the route would be open. */
function expectKnownDemands({ demands }: Guard): void {
  if (!Object.keys(demands).every((name) => demandNames.has(name))) {
    throw invalidOption(
      'Expected guards of this version of @tollgate/core, got one of a newer version with a demand that this one does not know: this process has loaded two (`npm ls @tollgate/core`)',
    )
  }
}

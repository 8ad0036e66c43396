import { type AccessToken, type IntrospectedClaims, type AsIssued } from './access-token.ts'
import { isAnswer, toResponse } from './answer.ts'
import { createAnswering } from './answering.ts'
import { createSharedAnswers } from './cache/shared-answers.ts'
import { createVerdictStore } from './cache/verdict-store.ts'
import { verifySenderConstraint } from './constraints/sender-constraint.ts'
import { extractCredentials } from './credentials.ts'
import { diagnostics } from './diagnostics.ts'
import { tokenInForm } from './form-body.ts'
import { expectRenewable } from './guards/active.ts'
import { together } from './guards/combine.ts'
import type { Guard } from './guards/guard.ts'
import type { HttpRequest } from './http-request.ts'
import { createReach } from './http/reach.ts'
import { expectText } from './invalid-option.ts'
import { firstVerdict } from './issuers/first-verdict.ts'
import { recognize } from './issuers/presented-token.ts'
import { createRouter } from './issuers/router.ts'
import { checkOptions, type Policy, type ValidatorOptions } from './options.ts'
import { Refusal } from './refusal.ts'
import { createUpkeep, type Health, type Upkeep } from './upkeep.ts'

/** Judges requests. Every method that does rejects with a `Refusal` (the client's fault), an `Unavailable` (nobody could judge), or a bug. */
export interface Validator<Claims = AsIssued> extends Upkeep {
  /** The access token of a request, judged, and by the guards too. A web `Request` will do as it is. */
  authenticate(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims>>
  /** The same, but `undefined` when there are no credentials; the guards are put to those who bring some. Bad credentials are refused all the same. */
  authenticateOptional(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims> | undefined>
  /** Puts guards to what `authenticateOptional` of this validator resolved with, and to nothing else, which is a `TypeError`; without a token the request is refused as one without credentials. */
  authorize(
    token: AccessToken<Claims> | undefined,
    request: HttpRequest,
    ...guards: readonly Guard[]
  ): Promise<AccessToken<Claims>>
  /**
   * The answer to what `authenticate` rejected with, as a web `Response`: status, challenge, and a small JSON body. Whatever is neither a `Refusal` nor
   * an `Unavailable`, such as an error of your own, it throws again.
   */
  readonly respond: (error: unknown) => Response
  /** Whether the token may come in a form body, for adapters whose framework parses bodies late. */
  readonly formBody: 'ignored' | 'accepted'
  /** The guards of a route as one; a `TypeError` at once for what is no guard, or one that an issuer cannot serve. */
  combine(...guards: readonly Guard[]): Guard
  /**
   * Forgets what introspection said of a token, here and in the shared cache: the next request asks anew. Other processes may
   * use it for up to `cacheFor`. Rejects when the shared cache could not be reached.
   */
  evict(token: string): Promise<void>
}

/**
 * Makes a validator: every request is judged from its credentials to the last guard, in that order, and the first thing
 * that is wrong decides the answer. Nothing is fetched before the first token arrives.
 *
 * It checks access tokens under the Bearer scheme (RFC 6750): JWTs by signature (RFC 9068), opaque ones by introspection
 * (RFC 7662). It does not check whether a JWT was revoked, unless a route asks with `active({ within })`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for options that cannot be meant.
 */
export function createValidator<Claims = AsIssued>(options: ValidatorOptions<Claims>): Validator<Claims> {
  return buildValidator(checkOptions(options))
}

export function buildValidator<Claims>(policy: Policy<Claims>): Validator<Claims> {
  const { realm, formBody, clock, cache, dispatcher, readClaims } = policy
  const shared = cache && createSharedAnswers(cache)
  const verdicts = createVerdictStore<IntrospectedClaims>()
  const reach = createReach(dispatcher)
  const issuers = createRouter({ ...policy, verdicts, shared, reach })
  const caches = (): Health['caches'] => ({ memory: verdicts.health(), shared: shared?.counts() })
  const { expectOpen, ...upkeep } = createUpkeep({ issuers, reach, caches })
  const answering = createAnswering({ realm, labelOf: issuers.labelOf })
  /** What this validator has judged, with the claims as issued, which guards go by. */
  const issued = new WeakMap<AccessToken<Claims>, AccessToken>()

  async function judge(request: HttpRequest): Promise<AccessToken<Claims> | undefined> {
    expectOpen()
    const credentials = extractCredentials(request, formBody === 'accepted' ? await tokenInForm(request) : undefined)
    if (credentials === undefined) {
      return undefined
    }
    const presented = recognize(credentials.token)
    const candidates = await issuers.route(presented)
    const token = await firstVerdict(candidates, presented)
    verifySenderConstraint(token)
    const typed = issuedAs(token, await readClaims(token))
    if (diagnostics.verdict.hasSubscribers) {
      diagnostics.verdict.publish({ outcome: 'accepted', issuer: issuers.labelOf(token.issuer), kind: token.kind })
    }
    return typed
  }

  function issuedAs(token: AccessToken, typed: AccessToken<Claims>): AccessToken<Claims> {
    issued.set(typed, token)
    return typed
  }

  async function authorize(
    token: AccessToken<Claims> | undefined,
    request: HttpRequest,
    guard: Guard,
  ): Promise<AccessToken<Claims>> {
    if (token === undefined) {
      throw new Refusal({ reason: 'no-credentials' })
    }
    const plain = issued.get(token)
    if (plain === undefined) {
      throw new TypeError('Expected a token that this validator has judged')
    }
    const now = clock()
    // What was asked for since the judgement began is new enough for all of it.
    const renewing = (renewed: AccessToken, within: number) => renew(renewed, Math.max(within, clock() - now))
    const outcome = await guard.check(plain, { request, now, renew: renewing })
    if (outcome instanceof Refusal) {
      throw outcome
    }
    return outcome === undefined || outcome === plain ? token : issuedAs(outcome, await readClaims(outcome))
  }

  async function renew(token: AccessToken, within: number): Promise<AccessToken> {
    expectOpen()
    const issuer = await issuers.find(token.issuer)
    if (issuer === undefined) {
      throw new TypeError('Expected a token that this validator has judged')
    }
    return issuer.renew(token, within)
  }

  function combine(...guards: readonly Guard[]): Guard {
    const guard = together(guards)
    expectRenewable(guard, issuers.listed)
    return guard
  }

  async function evict(token: string): Promise<void> {
    const candidates = await issuers.route(recognize(expectText(token, 'token'))).catch(noneIfRefused)
    await Promise.all(candidates.map((issuer) => issuer.evict(token)))
  }

  return {
    authenticate: async (request, ...guards) => {
      const guard = combine(...guards)
      return answering('authenticate', guard, async () => authorize(await judge(request), request, guard))
    },
    authenticateOptional: async (request, ...guards) => {
      const guard = combine(...guards)
      return answering('authenticate', guard, async () => {
        const token = await judge(request)
        return token === undefined || guards.length === 0 ? token : authorize(token, request, guard)
      })
    },
    authorize: async (token, request, ...guards) => {
      const guard = combine(...guards)
      return answering('authorize', guard, () => authorize(token, request, guard))
    },
    respond,
    formBody,
    combine,
    evict,
    ...upkeep,
  }
}

function respond(error: unknown): Response {
  if (isAnswer(error)) {
    return toResponse(error)
  }
  throw error
}

/** Of a token of nobody who is trusted there is nothing to forget. */
function noneIfRefused(error: unknown): readonly never[] {
  if (error instanceof Refusal) {
    return []
  }
  throw error
}

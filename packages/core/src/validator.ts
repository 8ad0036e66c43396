import type { AccessToken, RawClaims, IntrospectedClaims } from './access-token.ts'
import { isErrorResponse, toResponse } from './responses/error-response.ts'
import { createAnswering } from './diagnostics/outcomes.ts'
import { createJwtStore, rememberNothing } from './jwt/jwt-cache.ts'
import { createSharedAnswers } from './introspection/shared-cache.ts'
import { createVerdictStore } from './introspection/response-cache.ts'
import { extractCredentials } from './request/credentials.ts'
import { diagnostics } from './diagnostics/channels.ts'
import { tokenInForm } from './request/form-body.ts'
import { expectRenewable } from './guards/active.ts'
import { together } from './guards/combine.ts'
import type { Guard } from './guards/guard.ts'
import type { HttpRequest } from './request/http-request.ts'
import { createReach } from './http/dispatchers.ts'
import { expectText } from './lib/invalid-option.ts'
import { createTokenJudge } from './issuers/validate-token.ts'
import { createRouter } from './issuers/issuer-registry.ts'
import type { JwtVerdict } from './jwt/jwt-validator.ts'
import { asIssuedBy } from './judged-token.ts'
import { introduce, type Judging } from './judging.ts'
import { checkOptions, type Policy, type ValidatorOptions } from './options.ts'
import { Refusal } from './responses/refusal.ts'
import { promised, type Soon, whenThere } from './soon.ts'
import { createLifecycle, type Health, type Lifecycle } from './lifecycle.ts'

/** Judges requests. Every method that does rejects with a `Refusal` (the client's fault), an `Unavailable` (nobody could judge), or a bug. */
export interface Validator<Claims = RawClaims> extends Lifecycle {
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
export function createValidator<Claims = RawClaims>(options: ValidatorOptions<Claims>): Validator<Claims> {
  return buildValidator(checkOptions(options))
}

export function buildValidator<Claims>(policy: Policy<Claims>): Validator<Claims> {
  const { realm, formBody, clock, cache, dispatcher, readClaims } = policy
  const shared = cache && createSharedAnswers(cache)
  const verdicts = createVerdictStore<IntrospectedClaims>()
  const jwts = policy.cacheMode === 'memory' ? createJwtStore<JwtVerdict>() : rememberNothing<JwtVerdict>()
  const reach = createReach(dispatcher)
  const issuers = createRouter({ ...policy, verdicts, jwts, shared, reach, judge: policy })
  const tokens = createTokenJudge(issuers, jwts, clock)
  const caches = (): Health['caches'] => ({ jwt: jwts.health(), opaque: verdicts.health(), shared: shared?.counts() })
  const { expectOpen, ...upkeep } = createLifecycle({ issuers, reach, caches })
  const answering = createAnswering({ realm, labelOf: issuers.labelOf })

  function judge(request: HttpRequest): Soon<AccessToken<Claims> | undefined> {
    return whenThere(verdictOn(request), accept)
  }

  function verdictOn(request: HttpRequest): Soon<AccessToken | undefined> {
    expectOpen()
    const fromForm = formBody === 'accepted' ? tokenInForm(request) : undefined
    return whenThere(fromForm, (token) => {
      const credentials = extractCredentials(request, token)
      return credentials && tokens.judge(credentials.token)
    })
  }

  function accept(token: AccessToken | undefined): Soon<AccessToken<Claims> | undefined> {
    if (token === undefined) {
      return undefined
    }
    return whenThere(readClaims(token), (typed) => {
      if (diagnostics.verdict.hasSubscribers) {
        diagnostics.verdict.publish({ outcome: 'accepted', issuer: issuers.labelOf(token.issuer), kind: token.kind })
      }
      return typed
    })
  }

  function authorize(
    token: AccessToken<Claims> | undefined,
    request: HttpRequest,
    guard: Guard,
  ): Soon<AccessToken<Claims>> {
    if (token === undefined) {
      throw new Refusal({ reason: 'no-credentials' })
    }
    const issued = expectJudged(asIssuedBy(policy, token))
    if (guard === noGuard) {
      return token
    }
    const now = clock()
    // What was asked for since the judgement began is new enough for all of it.
    const renewing = (renewed: AccessToken, within: number) => renew(renewed, Math.max(within, clock() - now))
    return whenThere(guard.check(issued, { request, now, renew: renewing }), (outcome) => {
      if (outcome instanceof Refusal) {
        throw outcome
      }
      return outcome === undefined || outcome === issued ? token : readClaims(outcome)
    })
  }

  async function renew(token: AccessToken, within: number): Promise<AccessToken> {
    expectOpen()
    return expectJudged(await issuers.find(token.issuer)).renew(token, within)
  }

  function combine(...guards: readonly Guard[]): Guard {
    if (guards.length === 0) {
      return noGuard
    }
    const guard = together(guards)
    expectRenewable(guard, issuers.listed)
    return guard
  }

  const judging: Judging<Claims> = {
    judge: (request) => answering('authenticate', noGuard, () => judge(request)),
    authorize: (token, request, guard) => answering('authorize', guard, () => authorize(token, request, guard)),
  }
  const validator: Validator<Claims> = {
    authenticate: (request, ...guards) =>
      promised(() => {
        const guard = combine(...guards)
        return answering('authenticate', guard, () =>
          whenThere(verdictOn(request), (token) =>
            whenThere(accept(token), (accepted) => authorize(accepted, request, guard)),
          ),
        )
      }),
    authenticateOptional: (request, ...guards) =>
      promised(() => {
        const guard = combine(...guards)
        return answering('authenticate', guard, () =>
          whenThere(judge(request), (token) => token && authorize(token, request, guard)),
        )
      }),
    authorize: (token, request, ...guards) => promised(() => judging.authorize(token, request, combine(...guards))),
    respond,
    formBody,
    combine,
    evict: async (token) => tokens.evict(expectText(token, 'token')),
    ...upkeep,
  }
  introduce(validator, judging)
  return validator
}

const noGuard = together([])

function respond(error: unknown): Response {
  if (isErrorResponse(error)) {
    return toResponse(error)
  }
  throw error
}

function expectJudged<Thing>(found: Thing | undefined): Thing {
  if (found === undefined) {
    throw new TypeError('Expected a token that this validator has judged')
  }
  return found
}

import type { AccessToken, RawClaims } from './access-token.ts'
import { createApplySchema } from './claims/claims-schema.ts'
import { isAuthenticationTraced } from './diagnostics/channels.ts'
import type { CachesHealth } from './diagnostics/health.ts'
import { createOutcomes } from './diagnostics/outcomes.ts'
import { expectIntrospecting } from './guards/active.ts'
import { combineGuards } from './guards/combine.ts'
import type { Guard } from './guards/guard.ts'
import { createNetworks } from './http/network.ts'
import type { IntrospectionCaches } from './introspection/introspection-cache.ts'
import { createResponseCache } from './introspection/response-cache.ts'
import { createSharedCache } from './introspection/shared-cache.ts'
import { createConfirmActive } from './issuers/confirm-active.ts'
import { createIssuerRegistry } from './issuers/issuer-registry.ts'
import { parseToken } from './issuers/token-format.ts'
import { createJwtCache } from './jwt/jwt-cache.ts'
import { expectText } from './lib/invalid-option.ts'
import { createLifecycle, type Lifecycle } from './lifecycle.ts'
import { expectValidatorOptions, type ValidatorOptions, type ValidatorSettings } from './options.ts'
import type { HttpRequest } from './request/http-request.ts'
import { isErrorResponse, toResponse } from './responses/error-response.ts'
import { createPipeline } from './validator.ts'

/**
 * Validates the access tokens of requests. Its methods reject with a `Refusal` (because of the client), with an
 * `Unavailable` (because of the authorization server), or with any other error, which is a failure. The object is
 * frozen.
 */
export interface Validator<Claims = RawClaims> extends Lifecycle {
  /** Resolves with the access token of a request that all guards accept. A web `Request` is an `HttpRequest`. */
  authenticate(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims>>
  /** Resolves with `undefined` for a request without credentials. Bad credentials are refused. */
  authenticateOptional(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims> | undefined>
  /**
   * Runs guards for a token that this validator validated for the same request. Without a token, the request is refused
   * as one without credentials. It does not validate the token again, and rejects with a `TypeError` for any other
   * object.
   */
  authorize(
    token: AccessToken<Claims> | undefined,
    request: HttpRequest,
    ...guards: readonly Guard[]
  ): Promise<AccessToken<Claims>>
  /** The web `Response` for a `Refusal` or an `Unavailable`. It throws every other error again. */
  readonly respond: (error: unknown) => Response
  /** Whether a form body can carry the token. An adapter needs to know it when its framework parses bodies late. */
  readonly formBody: 'ignored' | 'accepted'
  /** Combines guards into one. Throws a `TypeError` for a value that is no guard, or that an issuer cannot serve. */
  combine(...guards: readonly Guard[]): Guard
  /**
   * Removes a token from the caches of this process and from the `TokenCache`. The next request introspects it again.
   * Other processes can use their own caches for up to `cacheFor`. Rejects when the `TokenCache` fails.
   */
  evict(token: string): Promise<void>
}

/**
 * Creates a validator. It checks access tokens under the Bearer scheme (RFC 6750): JWTs by signature (RFC 9068), opaque
 * tokens by introspection (RFC 7662). It does not check whether a JWT was revoked, except under the guard `active`. It
 * fetches nothing before the first token arrives.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options. The message says how to fix them.
 */
export function createValidator<Claims = RawClaims>(options: ValidatorOptions<Claims>): Validator<Claims> {
  return buildValidator(expectValidatorOptions(options))
}

export function buildValidator<Claims>(settings: ValidatorSettings<Claims>): Validator<Claims> {
  const { realm, formBody, clock, schema } = settings
  const networks = createNetworks(settings)
  const jwtCache = createJwtCache(settings.cacheMode)
  const caches = createIntrospectionCaches(settings)
  const issuers = createIssuerRegistry({ ...settings, networks, jwtCache, caches })
  const owner = {}
  const confirmActive = createConfirmActive(issuers, clock, owner)
  const applySchema = createApplySchema(schema)
  const pipeline = createPipeline({ issuers, confirmActive, applySchema, formBody, clock, owner })
  const cachesHealth = (): CachesHealth => ({
    jwt: jwtCache.health(),
    opaque: caches.responses.health(),
    shared: caches.shared?.counts(),
  })
  const { isOpen, expectOpen, ...lifecycle } = createLifecycle({ issuers, networks, caches: cachesHealth })
  const outcomes = createOutcomes({ realm, labelOf: issuers.labelOf })

  async function authenticate(request: HttpRequest): Promise<AccessToken<Claims> | undefined> {
    expectOpen()
    const token = await pipeline.authenticate(request)
    if (token !== undefined) {
      outcomes.accepted(token)
    }
    return token
  }

  async function run<Result>(
    operation: 'authenticate' | 'authorize',
    guards: readonly Guard[],
    work: (guard: Guard) => Promise<Result>,
  ): Promise<Result> {
    const guard = combine(...guards)
    return outcomes.report(operation, guard.demands.scopes ?? [], () => work(guard))
  }

  function combine(...guards: readonly Guard[]): Guard {
    const guard = combineGuards(guards)
    expectIntrospecting(guard, issuers.listed)
    return guard
  }

  const validator: Validator<Claims> = Object.freeze<Validator<Claims>>({
    ...lifecycle,
    formBody,
    combine,
    authenticate: (request, ...guards) =>
      run('authenticate', guards, async (guard) => pipeline.authorize(await authenticate(request), request, guard)),
    authenticateOptional: (request, ...guards) =>
      run('authenticate', guards, async (guard) => {
        const token = await authenticate(request)
        return token && pipeline.authorize(token, request, guard)
      }),
    authorize: (token, request, ...guards) =>
      run('authorize', guards, (guard) => {
        expectOpen()
        return pipeline.authorize(token, request, guard)
      }),
    respond,
    evict: async (token) => issuers.evict(parseToken(expectText(token, 'token'))),
  })
  fastPaths.set(validator, (request, guard) => {
    // A schema waits, a form body is read later, and a trace has an end.
    const isFullPath = schema !== undefined || formBody === 'accepted' || isAuthenticationTraced() || !isOpen()
    const token = isFullPath ? undefined : pipeline.authenticateKnown(request, guard)
    if (token !== undefined) {
      outcomes.accepted(token)
    }
    return token
  })
  return validator
}

/** The fast path of each validator. A wrapper around a validator has none, so that its own methods always count. */
const fastPaths = new WeakMap<object, FastPath<unknown>>()

/** Returns the token of a request that continues without waiting. `undefined` for every other request. */
export type FastPath<Claims> = (request: HttpRequest, guard: Guard) => AccessToken<Claims> | undefined

export function fastPathOf<Claims>(validator: Validator<Claims>): FastPath<Claims> {
  return (fastPaths.get(validator) as FastPath<Claims> | undefined) ?? (() => undefined)
}

function createIntrospectionCaches({
  cacheMode,
  tokenCache,
}: Pick<ValidatorSettings, 'cacheMode' | 'tokenCache'>): IntrospectionCaches {
  const shared = tokenCache && createSharedCache(tokenCache)
  return { mode: cacheMode, responses: createResponseCache(), shared }
}

function respond(error: unknown): Response {
  if (isErrorResponse(error)) {
    return toResponse(error)
  }
  throw error
}

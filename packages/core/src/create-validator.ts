import type { AccessToken, RawClaims } from './access-token.ts'
import { createApplySchema } from './claims/claims-schema.ts'
import { tracing } from './diagnostics/channels.ts'
import { createOutcomes, type Outcomes } from './diagnostics/outcomes.ts'
import { expectIntrospecting } from './guards/active.ts'
import { combineGuards } from './guards/combine.ts'
import type { Guard } from './guards/guard.ts'
import { deferOrganization, expectEnforced, withOrganizationRule } from './guards/organization.ts'
import { createNetworks } from './http/network.ts'
import { createResponseCache } from './introspection/response-cache.ts'
import { createSharedCache } from './introspection/shared-cache.ts'
import { createConfirmActive } from './issuers/confirm-active.ts'
import { createIssuerRegistry, type IssuerRegistry } from './issuers/issuer-registry.ts'
import { parseToken } from './issuers/token-format.ts'
import { createJwtCache } from './jwt/jwt-cache.ts'
import { expectText } from './lib/invalid-option.ts'
import { createLifecycle, type Lifecycle, type OpenState } from './lifecycle.ts'
import { expectValidatorOptions, type ValidatorOptions, type ValidatorSettings } from './options.ts'
import type { HttpRequest } from './request/http-request.ts'
import { isErrorResponse, toResponse } from './responses/error-response.ts'
import { createPipeline, type Pipeline } from './validator.ts'

/**
 * Validates the access tokens of requests. Its methods reject with a `Refusal` because of the client, or with an
 * `Unavailable` because of the authorization server. Any other error is a failure. The object is frozen.
 */
export interface Validator<Claims = RawClaims> extends Lifecycle {
  /** Resolves with the access token of a request that all guards accept. A web `Request` is an `HttpRequest`. */
  authenticate(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims>>
  /** Resolves with `undefined` for a request without credentials. Bad credentials are refused. */
  authenticateOptional(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims> | undefined>
  /**
   * Validates a token by itself, for sockets, queues, and the verifiers of other frameworks. The checks and the
   * published outcomes are those of a request. `undefined`, `null` and `''` are refused as no credentials (401), and
   * any other value that is no string as malformed credentials (400).
   *
   * There is no request: guards see `undefined` in its place, and nothing verifies a sender constraint. Does NOT remove
   * a scheme such as `Bearer`. Does NOT validate the token again when it expires, nor check where it comes from.
   */
  validate(token: unknown, ...guards: readonly Guard[]): Promise<AccessToken<Claims>>
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
  const { realm, credentials, formBody, clock, schema, tokenCache } = settings
  const networks = createNetworks(settings)
  const jwtCache = createJwtCache(settings.cacheMode)
  const shared = tokenCache && createSharedCache(tokenCache)
  const caches = { mode: settings.cacheMode, responses: createResponseCache(), shared }
  const issuers = createIssuerRegistry(settings.issuers, settings.opaqueRouting, {
    ...settings,
    networks,
    jwtCache,
    resolvedWarnings: new Set(),
    caches,
  })
  const owner = {}
  const confirmActive = createConfirmActive(issuers, clock, owner)
  const applySchema = createApplySchema(schema)
  const pipeline = createPipeline({ issuers, confirmActive, applySchema, credentials, formBody, clock, owner })
  const lifecycle = createLifecycle(issuers, networks, () => ({
    jwt: jwtCache.health(),
    opaque: caches.responses.health(),
    shared: shared?.counts(),
  }))
  const outcomes = createOutcomes(realm, issuers.labelOf)
  const validator = toValidator({ settings, issuers, pipeline, lifecycle, outcomes })
  // There is no fast path with a schema or a form body, because both are asynchronous. It reads only `Authorization`.
  const readsAuthorizationOnly = credentials.length === 1 && credentials[0] === 'authorization'
  if (schema === undefined && formBody === 'ignored' && readsAuthorizationOnly) {
    fastPaths.set(validator, (request, guard) => {
      // The fast path publishes no trace.
      const canServe = lifecycle.isOpen() && !tracing.authenticate.hasSubscribers
      const token = canServe ? pipeline.authenticateKnown(request, guard) : undefined
      return token && outcomes.publishAccepted(token)
    })
  }
  return validator
}

interface ValidatorParts<Claims> {
  readonly settings: ValidatorSettings<Claims>
  readonly issuers: IssuerRegistry
  readonly pipeline: Pipeline<Claims>
  readonly lifecycle: Lifecycle & OpenState
  readonly outcomes: Outcomes
}

/** The object is frozen, because the fast path would not call a method that the application replaced. */
function toValidator<Claims>(parts: ValidatorParts<Claims>): Validator<Claims> {
  const { issuers, pipeline, outcomes } = parts
  const { isOpen: _isOpen, expectOpen, ...lifecycle } = parts.lifecycle

  const combined = new WeakSet<Guard>()
  // An `issuer` function may return any issuer.
  const isEnforced =
    issuers.listed.length === 0 || issuers.listed.some(({ organizations }) => organizations === 'enforced')

  function combine(...guards: readonly Guard[]): Guard {
    const [only] = guards
    if (only !== undefined && guards.length === 1 && combined.has(only)) {
      return only
    }
    const guard = combineGuards(withOrganizationRule(guards, isEnforced))
    expectIntrospecting(guard, issuers.listed)
    expectEnforced(guards, isEnforced)
    combined.add(guard)
    return guard
  }

  function run<Result>(
    operation: 'authenticate' | 'authorize',
    guards: readonly Guard[],
    work: (guard: Guard) => Promise<Result>,
  ): Promise<Result> {
    const prepare = (): Guard => {
      expectOpen()
      return combine(...guards)
    }
    return outcomes.report(operation, prepare, work)
  }

  return Object.freeze<Validator<Claims>>({
    ...lifecycle,
    formBody: parts.settings.formBody,
    combine,
    authenticate: (request, ...guards) =>
      run('authenticate', guards, async (guard) => {
        const token = await pipeline.authenticate(request)
        return pipeline.authorize(token && outcomes.publishAccepted(token), request, guard)
      }),
    authenticateOptional: (request, ...guards) =>
      run('authenticate', guards, async (guard) => {
        const token = await pipeline.authenticate(request)
        const accepted = token && outcomes.publishAccepted(token)
        // The adapters authorize the token later, once for each layer, with the guards of that layer.
        const isDeferred = guards.includes(deferOrganization)
        const isUnguarded = guards.length === 0 && !isEnforced
        return accepted && !isDeferred && !isUnguarded ? pipeline.authorize(accepted, request, guard) : accepted
      }),
    validate: (token, ...guards) =>
      run('authenticate', guards, async (guard) => {
        const valid = await pipeline.validate(token)
        return pipeline.authorize(valid && outcomes.publishAccepted(valid), undefined, guard)
      }),
    authorize: (token, request, ...guards) =>
      run('authorize', guards, (guard) => pipeline.authorize(token, request, guard)),
    respond,
    evict: async (token) => issuers.evict(parseToken(expectText(token, 'token'))),
  })
}

/** The fast path of each validator. A wrapper around a validator has none: the adapters call its own methods. */
const fastPaths = new WeakMap<object, FastPath<unknown>>()

/** Returns the token of a request that continues without waiting. `undefined` for every other request. */
export type FastPath<Claims> = (request: HttpRequest, guard: Guard) => AccessToken<Claims> | undefined

export function fastPathOf<Claims>(validator: Validator<Claims>): FastPath<Claims> {
  return (fastPaths.get(validator) as FastPath<Claims> | undefined) ?? (() => undefined)
}

function respond(error: unknown): Response {
  if (isErrorResponse(error)) {
    return toResponse(error)
  }
  throw error
}

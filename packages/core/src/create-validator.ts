import type { AccessToken, RawClaims } from './access-token.ts'
import { createApplySchema } from './claims/claims-schema.ts'
import { createVerifyDpop } from './constraints/dpop/verify-dpop.ts'
import { expectFapi } from './constraints/fapi.ts'
import { createSenderConstraints } from './constraints/sender-constraint.ts'
import { createMethods } from './create-methods.ts'
import { noteSettings } from './described-settings.ts'
import { tracing } from './diagnostics/channels.ts'
import { createOutcomes } from './diagnostics/outcomes.ts'
import { createExplainer } from './explain/explain.ts'
import { createReports } from './explain/reports.ts'
import type { Guard } from './guards/guard.ts'
import { createChallengeContext } from './guards/route-challenges.ts'
import { createNetworks } from './http/network.ts'
import { createResponseCache } from './introspection/response-cache.ts'
import { createSharedCache } from './introspection/shared-cache.ts'
import { createConfirmActive } from './issuers/confirm-active.ts'
import { resolvedLabel } from './issuers/issuer.ts'
import { createIssuerRegistry } from './issuers/issuer-registry.ts'
import { createJwtCache } from './jwt/jwt-cache.ts'
import { createLeaseTokens } from './leases/lease-tokens.ts'
import { createLeases } from './leases/leases.ts'
import { isRequestInFlight, observeRequests } from './lib/requests-in-flight.ts'
import { createLifecycle } from './lifecycle.ts'
import { expectValidatorOptions, type ValidatorOptions, type ValidatorSettings } from './options.ts'
import type { HttpRequest } from './request/http-request.ts'
import { createServedMetadata } from './resource/served-metadata.ts'
import { createValidatorRevocations } from './revocation/validator-revocations.ts'
import { noteAcceptance, type TokenOwner } from './request-token.ts'
import { createPipeline } from './validator.ts'
import type { Validator } from './validator-methods.ts'

/**
 * Creates a validator. It checks access tokens under the Bearer scheme (RFC 6750): JWTs by signature (RFC 9068), opaque
 * tokens by introspection (RFC 7662). It refuses the tokens that `revoke` or the log of `revocations` revokes. Only the
 * guard `active` introspects a JWT. It fetches nothing before the first token arrives, and reads the log at once.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options. The message says how to fix them.
 */
export function createValidator<Claims = RawClaims>(options: ValidatorOptions<Claims>): Validator<Claims> {
  return buildValidator(expectValidatorOptions(options))
}

export function buildValidator<Claims>(settings: ValidatorSettings<Claims>): Validator<Claims> {
  warnInHandler()
  const { credentials, formBody, clock, schema, tokenCache } = settings
  const networks = createNetworks(settings)
  const jwtCache = createJwtCache(settings.cacheMode)
  const shared = tokenCache && createSharedCache(tokenCache)
  const revocations = createValidatorRevocations({ ...settings, ...namesOf(settings.issuers) })
  const closing = new AbortController()
  const caches = {
    mode: settings.cacheMode,
    responses: createResponseCache(),
    shared,
    evictions: revocations,
    closing: closing.signal,
  }
  const issuers = createIssuerRegistry(settings.issuers, settings.opaqueRouting, {
    ...settings,
    networks,
    jwtCache,
    resolvedWarnings: new Set(),
    caches,
  })
  const owner: TokenOwner = {
    resource: settings.resource?.url,
    resourceMetadataUrl: () => metadata.url(),
  }
  const confirmActive = createConfirmActive(issuers, revocations, { clock, owner })
  const applySchema = createApplySchema(schema)
  const pipeline = createPipeline({
    issuers,
    confirmActive,
    applySchema,
    constraints: createSenderConstraints(createVerifyDpop(settings.dpop, settings.origins), settings.mtls, () =>
      expectFapi(settings, [{ url: resolvedLabel, introspects: true }]),
    ),
    revocations,
    credentials,
    formBody,
    schemes: settings.schemes,
    clock,
    owner,
  })
  const lifecycle = createLifecycle({ issuers, networks, revocations, closing }, () => ({
    jwt: jwtCache.health(),
    opaque: caches.responses.health(),
    shared: shared?.counts(),
  }))
  const metadata = createServedMetadata({ ...settings, issuers: issuers.listed.map(({ url }) => url) })
  const explainer = createExplainer(settings, createReports(settings.explain))
  const outcomes = createOutcomes({
    challengesOf: (route) => createChallengeContext({ ...settings, metadataUrl: metadata.url }, route),
    labelOf: issuers.labelOf,
    note: (error, circumstances) => explainer.note(error, { ...circumstances, now: clock() }),
  })
  const validator = createMethods({
    settings,
    issuers,
    metadata,
    revocations,
    pipeline,
    lifecycle,
    outcomes,
    explainer,
  })
  noteSettings(validator, settings)
  const leaseTokens = createLeaseTokens({
    ...lifecycle,
    pipeline,
    outcomes,
    revocations,
    anyGuard: () => validator.combine(),
  })
  const leases = createLeases(leaseTokens, { owner, revocations, clock })
  reports.set(validator, (request, work) => outcomes.report('authenticate', request, () => validator.combine(), work))
  closing.signal.addEventListener('abort', leases.close, { once: true })
  // There is no fast path with a schema or a form body, because both are asynchronous. It reads only `Authorization`.
  const readsAuthorizationOnly = credentials.length === 1 && credentials[0] === 'authorization'
  if (schema === undefined && formBody === 'ignored' && readsAuthorizationOnly) {
    fastPaths.set(validator, (request, guard) => {
      // The fast path publishes no trace, and does not serve the metadata.
      const canServe = lifecycle.isOpen() && !tracing.authenticate.hasSubscribers && !metadata.isAt(request.url)
      const token = canServe ? pipeline.authenticateKnown(request, guard) : undefined
      if (token !== undefined) {
        noteAcceptance(token, { guard, request })
        outcomes.publishAccepted(token)
      }
      return token
    })
  }
  return validator
}

/** The listed issuers, and their names in diagnostics. */
function namesOf(issuers: ValidatorSettings['issuers']): {
  readonly issuers: readonly string[] | undefined
  readonly labelOf: (issuer: string) => string
} {
  return typeof issuers === 'function'
    ? { issuers: undefined, labelOf: () => resolvedLabel }
    : { issuers: issuers.map(({ url }) => url), labelOf: (url) => url }
}

let createdInHandlers = 0
/** A few can be in modules that load on demand. */
const maxInHandlers = 10

/** A validator for each request has empty caches each time. */
function warnInHandler(): void {
  observeRequests()
  createdInHandlers += isRequestInFlight(0) ? 1 : 0
  if (createdInHandlers === maxInHandlers) {
    const message =
      'createProtect or createValidator was called while a request is handled, for the tenth time: create it once, when the app starts, because each one has caches of its own'
    process.emitWarning(message, { type: 'TollgateWarning', code: 'TOLLGATE_CREATED_PER_REQUEST' })
  }
}

/** How each validator publishes and explains the refusals of work around it. */
const reports = new WeakMap<object, Report>()

type Report = <Result>(request: HttpRequest, work: () => Promise<Result>) => Promise<Result>

/** A wrapper around a validator publishes nothing of this work. */
export function reportFor(validator: object): Report {
  return reports.get(validator) ?? ((_, work) => work())
}

/** The fast path of each validator. A wrapper around a validator has none: the adapters call its own methods. */
const fastPaths = new WeakMap<object, FastPath<unknown>>()

/** Returns the token of a request that continues without waiting. `undefined` for every other request. */
export type FastPath<Claims> = (request: HttpRequest, guard: Guard) => AccessToken<Claims> | undefined

export function fastPathOf<Claims>(validator: Validator<Claims>): FastPath<Claims> {
  return (fastPaths.get(validator) as FastPath<Claims> | undefined) ?? (() => undefined)
}

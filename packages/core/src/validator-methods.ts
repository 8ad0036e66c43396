import type { AccessToken, RawClaims } from './access-token.ts'
import type { Findings } from './diagnostics/findings.ts'
import type { Outcomes } from './diagnostics/outcomes.ts'
import type { Explainer } from './explain/explain.ts'
import type { Explanation } from './explain/explanation.ts'
import { expectIntrospecting } from './guards/active.ts'
import { combineGuards } from './guards/combine.ts'
import { isDeferred } from './guards/deferred.ts'
import { expectDpopOn } from './guards/dpop-bound.ts'
import type { Guard } from './guards/guard.ts'
import { expectEnforced, withOrganizationRule } from './guards/organization.ts'
import type { IssuerRegistry } from './issuers/issuer-registry.ts'
import { parseToken } from './issuers/token-format.ts'
import { expectText } from './lib/invalid-option.ts'
import { markOwnMethods } from './lib/own-methods.ts'
import type { Lifecycle, OpenState } from './lifecycle.ts'
import type { ValidatorSettings } from './options.ts'
import { type AnyRequest, toHttpRequest } from './request/to-http-request.ts'
import type { Revocation } from './revocation/revoke.ts'
import type { RespondWithMetadata, ServedMetadata } from './resource/served-metadata.ts'
import type { ValidatorRevocations } from './revocation/validator-revocations.ts'
import { isErrorResponse, toResponse } from './responses/error-response.ts'
import type { Pipeline } from './pipeline.ts'

/**
 * Validates the access tokens of requests. Its methods reject with a `Refusal` because of the client, or with an
 * `Unavailable` because of the authorization server. Any other error is a failure. The object is frozen.
 */
export interface Validator<Claims = RawClaims> extends Lifecycle {
  /**
   * Resolves with the access token of a request that all guards accept. Takes a web `Request`, a request of Node such as
   * that of a WebSocket upgrade, or an object with the same members.
   */
  authenticate(request: AnyRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims>>
  /** Resolves with `undefined` for a request without credentials. Bad credentials are refused. */
  authenticateOptional(request: AnyRequest, ...guards: readonly Guard[]): Promise<AccessToken<Claims> | undefined>
  /**
   * Validates a token by itself, for sockets, queues, and the verifiers of other frameworks. The checks and the
   * published outcomes are those of a request. `undefined`, `null` and `''` are refused as no credentials (401), and
   * any other value that is no string as malformed credentials (400).
   *
   * There is no request: guards see `undefined` in its place. A token that is bound to a key or a certificate is refused
   * with `sender-constrained`, because nothing shows who sends it. With `mode: 'required'`, every token is refused. Does NOT remove
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
    request: AnyRequest,
    ...guards: readonly Guard[]
  ): Promise<AccessToken<Claims>>
  /**
   * Why this validator refused a request, or could not validate its token, in sentences for a developer. The explanation
   * is never for the client. `undefined` for every other error.
   */
  readonly explain: (error: unknown) => Explanation | undefined
  /**
   * Returns a function that responds to requests for the metadata of the resource (RFC 9728), and `undefined` for every
   * other request. The document follows from the configuration and from the guards. From now on, challenges name its URL.
   * Call it when the server starts, and use it in front of the protection. The adapters have `protect.metadata()`.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` when the resource has no URL.
   */
  metadata(): RespondWithMetadata
  /** The web `Response` for a `Refusal` or an `Unavailable`. It throws every other error again. */
  readonly respond: (error: unknown) => Response
  /** Whether a form body can carry the token. An adapter needs to know it when its framework parses bodies late. */
  readonly formBody: 'ignored' | 'accepted'
  /** Combines guards into one. Throws a `TypeError` for a value that is no guard, or that an issuer cannot serve. */
  combine(...guards: readonly Guard[]): Guard
  /**
   * Revokes tokens: `{ token }`, `{ jti }`, `{ sid }`, `{ sub }` or `{ clientId }`, with `issuer` when the validator has
   * several. `sid`, `sub` and `clientId` revoke the tokens that were issued until `before` (default: now). Tokens that
   * were issued in the same second count as issued before, and so do tokens without `iat`.
   *
   * This process refuses them at once, and each process with the same `revocations` when it reads the log. Resolves when
   * the log has the revocation. Rejects when it may not have it: then repeat the call. It does NOT revoke the tokens at
   * the issuer.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an invalid revocation.
   */
  revoke(revocation: Revocation): Promise<void>
  /**
   * Removes a token from the caches of this process and from the `TokenCache`, and with `revocations` from those of all
   * processes. The next request introspects it again. Without `revocations`, other processes can use their own caches
   * for up to `cacheFor`. Rejects when the `TokenCache` or the log fails.
   */
  evict(token: string): Promise<void>
}

interface ValidatorParts<Claims> {
  readonly settings: ValidatorSettings<Claims>
  readonly issuers: IssuerRegistry
  readonly revocations: Pick<ValidatorRevocations, 'revoke'>
  readonly pipeline: Pipeline<Claims>
  readonly lifecycle: Lifecycle & OpenState
  readonly metadata: ServedMetadata
  readonly outcomes: Outcomes
  readonly explainer: Explainer
}

/** The object is frozen, because the fast path would not call a method that the application replaced. */
export function createMethods<Claims>(parts: ValidatorParts<Claims>): Validator<Claims> {
  const { settings, issuers, pipeline, outcomes, explainer } = parts
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
    expectEnforced(
      guards.filter((one) => !isDeferred(one)),
      isEnforced,
    )
    expectDpopOn(guard, settings.dpop.mode)
    parts.metadata.noteDemands(guard.demands)
    combined.add(guard)
    return guard
  }

  function run<Result>(
    operation: 'authenticate' | 'authorize',
    given: AnyRequest | undefined,
    guards: readonly Guard[],
    work: (guard: Guard, findings: Findings) => Promise<Result>,
  ): Promise<Result> {
    const prepare = (): Guard => {
      expectOpen()
      return combine(...guards)
    }
    return outcomes.report(operation, given, prepare, work)
  }

  const methods: Validator<Claims> = {
    ...lifecycle,
    formBody: settings.formBody,
    combine,
    authenticate: (given, ...guards) =>
      run('authenticate', given, guards, async (guard, findings) => {
        const request = toHttpRequest(given)
        const token = await pipeline.authenticate(request, findings)
        return pipeline.authorize(token && outcomes.publishAccepted(token), request, guard)
      }),
    authenticateOptional: (given, ...guards) =>
      run('authenticate', given, guards, async (guard, findings) => {
        const request = toHttpRequest(given)
        const token = await pipeline.authenticate(request, findings)
        const accepted = token && outcomes.publishAccepted(token)
        // The adapters authorize the token later, once for each layer, with the guards of that layer.
        const isUnguarded = guards.length === 0 && !isEnforced
        return accepted && !guards.some(isDeferred) && !isUnguarded
          ? pipeline.authorize(accepted, request, guard)
          : accepted
      }),
    validate: (token, ...guards) =>
      run('authenticate', undefined, guards, async (guard, findings) => {
        findings.argument = token
        const valid = await pipeline.validate(token, findings)
        return pipeline.authorize(valid && outcomes.publishAccepted(valid), undefined, guard)
      }),
    authorize: (token, given, ...guards) =>
      run('authorize', given, guards, (guard) => pipeline.authorize(token, toHttpRequest(given), guard)),
    metadata: parts.metadata.serve,
    explain: explainer.explain,
    respond,
    revoke: parts.revocations.revoke,
    evict: async (token) => issuers.evict(parseToken(expectText(token, 'token'))),
  }
  markOwnMethods(methods)
  return Object.freeze(methods)
}

function respond(error: unknown): Response {
  if (isErrorResponse(error)) {
    return toResponse(error)
  }
  throw error
}

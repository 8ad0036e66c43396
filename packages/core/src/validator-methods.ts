import type { AccessToken, RawClaims } from './access-token.ts'
import type { Explanation } from './explain/explanation.ts'
import type { Guard } from './guards/guard.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { AnyRequest } from './request/to-http-request.ts'
import type { Revocation } from './revocation/revoke.ts'
import type { RespondWithMetadata } from './resource/served-metadata.ts'

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
   * with `sender-constrained`, because nothing shows who sends it. With `mode: 'required'`, every token is refused. Does
   * NOT remove a scheme such as `Bearer`. Does NOT validate the token again when it expires, nor check where it comes from.
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

import type { AccessToken } from './access-token.ts'
import { answering } from './answering.ts'
import { verifySenderConstraint } from './constraints/sender-constraint.ts'
import { extractCredentials } from './credentials.ts'
import { together } from './guards/combine.ts'
import type { Guard } from './guards/guard.ts'
import type { HttpRequest } from './http-request.ts'
import { expectJwt } from './issuers/parse-jwt.ts'
import { createRouter } from './issuers/router.ts'
import { checkOptions, type ValidatorOptions } from './options.ts'
import { Refusal } from './refusal.ts'

/** Judges requests. Every method rejects with a `Refusal` (the client's fault), an `Unavailable` (nobody could judge), or a bug. */
export interface Validator {
  /** The access token of a request, judged, and by the guards too. A web `Request` will do as it is. */
  authenticate(request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken>
  /** The same without guards, and `undefined` when there are no credentials. Bad credentials are refused all the same. */
  authenticateOptional(request: HttpRequest): Promise<AccessToken | undefined>
  /** Puts guards to what `authenticateOptional` resolved with; without a token the request is refused as one without credentials. */
  authorize(token: AccessToken | undefined, request: HttpRequest, ...guards: readonly Guard[]): Promise<AccessToken>
}

/**
 * Makes a validator: every request is judged from its credentials to the last guard, in that order, and the first thing
 * that is wrong decides the answer. Nothing is fetched before the first token arrives.
 *
 * It checks JWT access tokens under the Bearer scheme (RFC 6750, RFC 9068). It does not check whether a token was revoked.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for options that cannot be meant.
 */
export function createValidator(options: ValidatorOptions): Validator {
  const policy = checkOptions(options)
  const routeToIssuer = createRouter(policy)

  async function judge(request: HttpRequest): Promise<AccessToken | undefined> {
    const credentials = extractCredentials(request, policy.formBody)
    if (credentials === undefined) {
      return undefined
    }
    const jwt = expectJwt(credentials.token)
    const issuer = await routeToIssuer(jwt)
    await issuer.verify(jwt)
    const token = issuer.judgeClaims(jwt)
    verifySenderConstraint(token)
    return token
  }

  async function authorize(token: AccessToken | undefined, request: HttpRequest, guard: Guard): Promise<AccessToken> {
    if (token === undefined) {
      throw new Refusal({ reason: 'no-credentials' })
    }
    const refusal = await guard.check(token, { request, now: policy.clock() })
    if (refusal !== undefined) {
      throw refusal
    }
    return token
  }

  return {
    authenticate: (request, ...guards) => {
      const guard = together(guards)
      return answering(policy.realm, guard, async () => authorize(await judge(request), request, guard))
    },
    authenticateOptional: (request) => answering(policy.realm, together([]), () => judge(request)),
    authorize: (token, request, ...guards) => {
      const guard = together(guards)
      return answering(policy.realm, guard, () => authorize(token, request, guard))
    },
  }
}

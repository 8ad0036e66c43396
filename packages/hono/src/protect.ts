import type { AccessToken, RawClaims, Validator } from '@tollgate/core'
import {
  type Authenticate,
  createProtectFor,
  expectProtectOptions,
  type MiddlewareOptions,
  type OptionalProtect as OptionalProtectOf,
  type Protect as ProtectOf,
  type ProtectOptions,
} from '@tollgate/core/adapter'
import type { Context, Env, MiddlewareHandler } from 'hono'
import { readParsedForm } from './form.ts'
import { toHttpRequest } from './request.ts'
import { respond, withResponse } from './response.ts'

/** The variables of a request that passed `protect(…)`. An app that is protected as a whole is `new Hono<ProtectedEnv>()`. */
export interface ProtectedEnv<Claims = RawClaims> {
  Variables: { auth: AccessToken<Claims> }
}

/** The same after `protect.optional(…)`. */
export interface OptionalEnv<Claims = RawClaims> {
  Variables: { auth: AccessToken<Claims> | undefined }
}

/**
 * A middleware for Hono 4 that sets the variable `auth`: `c.get('auth')` and `c.var.auth`. A middleware of your own can
 * call it with any context, and returns its result.
 */
// Hono infers the variables from the last signature.
export type Middleware<E extends Env = ProtectedEnv> = MiddlewareHandler & MiddlewareHandler<E>

/** The result of `createProtect`: `protect(…)` is for `app.use`, for a sub-app or for one route. */
export type Protect<Claims = RawClaims> = ProtectOf<
  Context,
  Middleware<ProtectedEnv<Claims>>,
  Middleware<OptionalEnv<Claims>>,
  Claims
>

/** The type of `protect.optional`. */
export type OptionalProtect<Claims = RawClaims> = OptionalProtectOf<Context, Middleware<OptionalEnv<Claims>>, Claims>

/**
 * Creates the middleware that protects a Hono API with OAuth 2.0 access tokens. Create it once, when the process starts,
 * and use it on every route.
 *
 * It validates tokens as `createValidator` says. It responds itself: 400, 401 or 403 with the challenge of RFC 6750 §3,
 * or 503 with `Retry-After` when the token cannot be validated. With `errors: 'throw'`, `app.onError` gets the `Refusal`
 * or the `Unavailable`. Its `getResponse()` creates that response, as Hono's default error handling does.
 *
 * It reads no body, except a form with `formBody: 'accepted'`. The handler can read that form again. It does NOT protect
 * routes that were registered before it.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options. The message says how to fix them.
 */
export function createProtect<Claims = RawClaims>(
  validator: Validator<Claims>,
  options?: MiddlewareOptions,
): Protect<Claims>
// A compiler reports the last overload when an option is wrong.
export function createProtect<Claims = RawClaims>(options: ProtectOptions<Claims>): Protect<Claims>
export function createProtect<Claims>(
  subject: Validator<Claims> | ProtectOptions<Claims>,
  options?: MiddlewareOptions,
): Protect<Claims> {
  const settings = expectProtectOptions(subject, options)
  const { formBody } = settings.validator
  return createProtectFor<Context, MiddlewareHandler, Claims>(settings, {
    toHttpRequest,
    toMiddleware: (authenticate) => toMiddleware(authenticate, formBody),
  })
}

function toMiddleware<Claims>(
  authenticate: Authenticate<Context, Claims>,
  formBody: 'ignored' | 'accepted',
): MiddlewareHandler {
  return async (c, next) => {
    if (formBody === 'accepted') {
      await readParsedForm(c)
    }
    const token = authenticate.known(c)
    const result = token === undefined ? await authenticate(c) : { token }
    if (result.error !== undefined) {
      throw withResponse(result.error)
    }
    if (result.response !== undefined) {
      return respond(result.response, c)
    }
    c.set('auth', result.token)
    return next()
  }
}

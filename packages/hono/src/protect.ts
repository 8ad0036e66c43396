import type { AccessToken, RawClaims, Validator } from '@tollgate/core'
import {
  type Authenticate,
  createProtectFor,
  expectProtectOptions,
  type MiddlewareOptions,
  type OptionalProtect as OptionalProtectOf,
  type Protect as ProtectOf,
  type ProtectOptions,
  type ProtectSettings,
  writeHeaders,
} from '@tollgate/core/adapter'
import type { Context, Env, MiddlewareHandler } from 'hono'
import { readParsedForm } from './form.ts'
import { isAt, toHttpRequest } from './request.ts'
import { respond, withResponse, writerOf } from './response.ts'

/**
 * The variables of a request that passed `protect(…)`. An app that is protected as a whole is `new Hono<ProtectedEnv>()`.
 * `Name` is the option `decorate`.
 */
export interface ProtectedEnv<Claims = RawClaims, Name extends string = 'auth'> {
  Variables: { [Key in Name]: AccessToken<Claims> }
}

/** The same after `protect.optional(…)`. */
export interface OptionalEnv<Claims = RawClaims, Name extends string = 'auth'> {
  Variables: { [Key in Name]: AccessToken<Claims> | undefined }
}

/**
 * A middleware for Hono 4 that sets the variable `auth`, or the one that `decorate` names: `c.get('auth')` and
 * `c.var.auth`. A middleware of your own can call it with any context, and returns its result.
 */
// Hono infers the variables from the last signature.
export type Middleware<E extends Env = ProtectedEnv> = MiddlewareHandler & MiddlewareHandler<E>

/** The result of `createProtect`: `protect(…)` is for `app.use`, for a sub-app or for one route. */
export type Protect<Claims = RawClaims, Name extends string = 'auth'> = ProtectOf<
  Context,
  Middleware<ProtectedEnv<Claims, Name>>,
  Middleware<OptionalEnv<Claims, Name>>,
  Claims
>

/** The type of `protect.optional`. */
export type OptionalProtect<Claims = RawClaims, Name extends string = 'auth'> = OptionalProtectOf<
  Context,
  Middleware<OptionalEnv<Claims, Name>>,
  Claims
>

/** Options that name the variable by its literal type. A name that the compiler does not know counts as `'auth'`. */
export type NamedOptions<Options, Name extends string> = Options & { readonly decorate?: Name | undefined }

type NameOf<Name extends string> = string extends Name ? 'auth' : Name

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
export function createProtect<Claims = RawClaims, Name extends string = 'auth'>(
  validator: Validator<Claims>,
  options?: NamedOptions<MiddlewareOptions, Name>,
): Protect<Claims, NameOf<Name>>
// A compiler reports the last overload when an option is wrong.
export function createProtect<Claims = RawClaims, Name extends string = 'auth'>(
  options: NamedOptions<ProtectOptions<Claims>, Name>,
): Protect<Claims, NameOf<Name>>
export function createProtect<Claims>(
  subject: Validator<Claims> | ProtectOptions<Claims>,
  options?: MiddlewareOptions,
): Protect<Claims> {
  const protection = expectProtectOptions(subject, options)
  return createProtectFor<Context, MiddlewareHandler, Claims>(protection, {
    toHttpRequest,
    isAt,
    toMetadata: (respondTo) => async (c, next) => {
      const response = await respondTo(c)
      return response === undefined ? next() : new Response(response.body, response)
    },
    toMiddleware: (authenticate) => toMiddleware(authenticate, protection),
  })
}

function toMiddleware<Claims>(
  authenticate: Authenticate<Context, Claims>,
  { validator, decorate }: ProtectSettings<Claims>,
): MiddlewareHandler {
  const { formBody } = validator
  return async (c, next) => {
    if (formBody === 'accepted') {
      await readParsedForm(c)
    }
    const token = authenticate.known(c)
    const result = token === undefined ? await authenticate(c) : { token, headers: [] }
    if (result.error !== undefined) {
      throw withResponse(result.error)
    }
    if (result.metadata !== undefined) {
      return new Response(result.metadata.body, result.metadata)
    }
    if (result.response !== undefined) {
      return respond(result.response, c)
    }
    c.set(decorate, result.token)
    writeHeaders(result.headers, writerOf(c))
    return next()
  }
}

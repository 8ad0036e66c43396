import type { AccessToken, RawClaims, Validator } from '@tollgate/core'
import {
  type AuthResult,
  type Authenticate,
  type MiddlewareOptions,
  createProtectFor,
  createProtection,
  isLater,
  type OptionalProtect as OptionalProtectOf,
  type Protect as ProtectOf,
  type ProtectOptions,
  writeErrorResponse,
} from '@tollgate/core/adapter'
import type { Next, ParameterizedContext } from 'koa'
import { type KoaContext, toHttpRequest } from './request.ts'

/** A middleware for Koa 2 and 3 that sets `ctx.state.auth`. */
export type Middleware<State = object> = (ctx: ParameterizedContext<State>, next: Next) => Promise<void>

/** The state of a request that `protect(…)` let through: `new Router<ProtectedState>()` for routers that are protected as a whole. */
export interface ProtectedState<Claims = RawClaims> {
  auth: AccessToken<Claims>
}

/** The same after `protect.optional(…)`. */
export interface OptionalState<Claims = RawClaims> {
  auth: AccessToken<Claims> | undefined
}

/** What `createProtect` makes: `protect(…)` is for `app.use`, a router or one route. */
export type Protect<Claims = RawClaims> = ProtectOf<
  KoaContext,
  Middleware<ProtectedState<Claims>>,
  Middleware<OptionalState<Claims>>,
  Claims
>

/** What `protect.optional` is. */
export type OptionalProtect<Claims = RawClaims> = OptionalProtectOf<
  KoaContext,
  Middleware<OptionalState<Claims>>,
  Claims
>

/**
 * Makes the middleware that protects a Koa API with OAuth 2.0 access tokens. Create it once, when the process starts,
 * and use it for every route.
 *
 * It checks the token as `createValidator` says, and answers refusals itself: 400, 401 or 403 with the challenge of
 * RFC 6750 §3; 503 with `Retry-After` when nobody can judge the token.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for options that cannot be meant.
 */
export function createProtect<Claims = RawClaims>(
  validator: Validator<Claims>,
  options?: MiddlewareOptions,
): Protect<Claims>
// The last one is what a compiler speaks of when an option is wrong.
export function createProtect<Claims = RawClaims>(options: ProtectOptions<Claims>): Protect<Claims>
export function createProtect<Claims>(
  subject: Validator<Claims> | ProtectOptions<Claims>,
  options?: MiddlewareOptions,
): Protect<Claims> {
  return createProtectFor(createProtection(subject, options), { toHttpRequest, toMiddleware })
}

function toMiddleware<Claims>(admit: Authenticate<KoaContext, Claims>): (ctx: KoaContext, next: Next) => Promise<void> {
  return (ctx, next) => {
    const admission = admit(ctx)
    return isLater(admission) ? admission.then((later) => proceed(later, ctx, next)) : proceed(admission, ctx, next)
  }
}

function proceed<Claims>(admission: AuthResult<Claims>, ctx: KoaContext, next: Next): Promise<void> {
  if (admission.failure !== undefined) {
    return Promise.reject(admission.failure)
  }
  if (admission.answer === undefined) {
    Object.assign(ctx.state, { auth: admission.token })
    return next()
  }
  if (ctx.headerSent) {
    return Promise.reject(admission.answer)
  }
  writeErrorResponse(admission.answer, {
    set: (name, value) => ctx.set(name, value),
    append: (name, value) => ctx.append(name, value),
    end: (status, body) => {
      // The handler that was to write by itself does not come to it.
      Object.assign(ctx, { status, body, respond: true })
    },
  })
  return Promise.resolve()
}

import type { AccessToken, RawClaims, Validator } from '@tollgate/core'
import {
  type Authenticate,
  createProtectFor,
  expectProtectOptions,
  type ErrorResponse,
  type MetadataResponse,
  type MiddlewareOptions,
  type OptionalProtect as OptionalProtectOf,
  type Protect as ProtectOf,
  type ProtectOptions,
  type ResponseWriter,
  writeErrorResponse,
  writeHeaders,
} from '@tollgate/core/adapter'
import type { Next, ParameterizedContext } from 'koa'
import { isAt, type KoaContext, toHttpRequest } from './request.ts'

/** A middleware for Koa 2 and 3 that sets `ctx.state.auth`, or the member that `decorate` names. */
export type Middleware<State = object> = (ctx: ParameterizedContext<State>, next: Next) => Promise<void>

/**
 * The state of a request that passed `protect(…)`. A router that is protected as a whole is `new
 * Router<ProtectedState>()`.
 */
export interface ProtectedState<Claims = RawClaims> {
  auth: AccessToken<Claims>
}

/** The same after `protect.optional(…)`. */
export interface OptionalState<Claims = RawClaims> {
  auth: AccessToken<Claims> | undefined
}

/** The result of `createProtect`: `protect(…)` is for `app.use`, for a router or for one route. */
export type Protect<Claims = RawClaims> = ProtectOf<
  KoaContext,
  Middleware<ProtectedState<Claims>>,
  Middleware<OptionalState<Claims>>,
  Claims
>

/** The type of `protect.optional`. */
export type OptionalProtect<Claims = RawClaims> = OptionalProtectOf<
  KoaContext,
  Middleware<OptionalState<Claims>>,
  Claims
>

/**
 * Creates the middleware that protects a Koa API with OAuth 2.0 access tokens. Create it once, when the process starts,
 * and use it on every route.
 *
 * It validates tokens as `createValidator` says. It responds itself: 400, 401 or 403 with the challenge of RFC 6750 §3,
 * or 503 with `Retry-After` when the token cannot be validated. It does not parse bodies.
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
  const protection = expectProtectOptions(subject, options)
  return createProtectFor(protection, {
    toHttpRequest,
    isAt,
    // koa-websocket sets it.
    webSocketOf: (ctx) => ctx.websocket,
    toMetadata,
    toMiddleware: (authenticate) => toMiddleware(authenticate, protection.decorate),
  })
}

function toMetadata(
  respondTo: (ctx: KoaContext) => MetadataResponse | undefined,
): (ctx: KoaContext, next: Next) => Promise<void> {
  return async (ctx, next) => {
    const response = respondTo(ctx)
    if (response === undefined) {
      await next()
      return
    }
    Object.assign(ctx, { status: response.status, body: response.body })
    Object.entries(response.headers).forEach(([name, value]) => ctx.set(name, value))
    // Without a body, Koa would respond with 204.
    ctx.status = response.status
  }
}

function toMiddleware<Claims>(
  authenticate: Authenticate<KoaContext, Claims>,
  member: string,
): (ctx: KoaContext, next: Next) => Promise<void> {
  return async (ctx, next) => {
    const token = authenticate.known(ctx)
    const result = token === undefined ? await authenticate(ctx) : { token, headers: [] }
    if (result.error !== undefined) {
      throw result.error
    }
    if (result.response === undefined) {
      Object.assign(ctx.state, { [member]: result.token })
      if (hasResponse(ctx)) {
        writeHeaders(result.headers, writerOf(ctx))
      }
      await next()
    } else if (!hasResponse(ctx) || ctx.headerSent) {
      throw result.response
    } else {
      respond(result.response, ctx)
    }
  }
}

/** koa-websocket calls middlewares without a response, because it has sent that of the upgrade. */
function hasResponse({ res }: KoaContext): boolean {
  return res !== undefined
}

function respond(response: ErrorResponse, ctx: KoaContext): void {
  writeErrorResponse(response, {
    ...writerOf(ctx),
    end: (status, body) => {
      // `respond: false` of a handler that writes by itself does not apply, because that handler does not run.
      Object.assign(ctx, { status, body, respond: true })
    },
  })
}

function writerOf(ctx: KoaContext): Pick<ResponseWriter, 'set' | 'append'> {
  return { set: (name, value) => ctx.set(name, value), append: (name, value) => ctx.append(name, value) }
}

import type { ServerResponse } from 'node:http'
import type { RawClaims, Validator } from '@tollgate/core'
import {
  type Authenticate,
  createNodeMetadata,
  createProtectFor,
  expectProtectOptions,
  type MiddlewareOptions,
  nodeWriter,
  type OptionalProtect as OptionalProtectOf,
  type Protect as ProtectOf,
  type ProtectOptions,
  toFrameworkError,
  writeErrorResponse,
  writeHeaders,
  writeMetadata,
} from '@tollgate/core/adapter'
import type { RouteRequest } from './define-guard.ts'
import { type ExpressRequest, isAt, toHttpRequest } from './request.ts'

type Next = (error?: unknown) => void

/** A middleware for Express 4 and 5. It sets `req.auth`, or the member that `decorate` names. */
export type Middleware = (req: ExpressRequest, res: ServerResponse, next: Next) => void

/** The result of `createProtect`: `protect(…)` is for `app.use`, for a router or for one route. */
export type Protect<Claims = RawClaims> = ProtectOf<ExpressRequest, Middleware, Middleware, Claims, RouteRequest>

/** The type of `protect.optional`. */
export type OptionalProtect<Claims = RawClaims> = OptionalProtectOf<ExpressRequest, Middleware, Claims>

/**
 * Creates the middleware that protects an Express API with OAuth 2.0 access tokens. Create it once, when the process
 * starts, and use it on every route.
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
    // express-ws sets it.
    webSocketOf: (req) => req.ws,
    toMetadata: createNodeMetadata,
    toMiddleware: (authenticate) => toMiddleware(authenticate, protection.decorate),
  })
}

function toMiddleware<Claims>(authenticate: Authenticate<ExpressRequest, Claims>, member: string): Middleware {
  const decorate = (req: ExpressRequest, token: unknown): unknown => Object.assign(req, { [member]: token })
  return (req, res, next) => {
    const token = authenticate.known(req)
    if (token === undefined) {
      void respondOrContinue(authenticate, decorate, { req, res, next })
      return
    }
    decorate(req, token)
    next()
  }
}

/** It catches what `next` and the response throw, because an unhandled rejection ends the process. */
async function respondOrContinue<Claims>(
  authenticate: Authenticate<ExpressRequest, Claims>,
  decorate: (req: ExpressRequest, token: unknown) => unknown,
  { req, res, next }: { readonly req: ExpressRequest; readonly res: ServerResponse; readonly next: Next },
): Promise<void> {
  try {
    const result = await authenticate(req)
    if (result.error !== undefined) {
      next(result.error)
    } else if (result.metadata !== undefined) {
      writeMetadata(result.metadata, res)
    } else if (result.response === undefined) {
      decorate(req, result.token)
      writeHeaders(result.headers, nodeWriter(res))
      next()
    } else if (res.headersSent) {
      next(result.response)
    } else {
      writeErrorResponse(result.response, nodeWriter(res))
    }
  } catch (error) {
    next(toFrameworkError(error))
  }
}

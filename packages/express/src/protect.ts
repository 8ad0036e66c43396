import type { ServerResponse } from 'node:http'
import type { RawClaims, Validator } from '@tollgate/core'
import {
  type AuthResult,
  type Authenticate,
  type MiddlewareOptions,
  createProtectFor,
  createProtection,
  toFrameworkError,
  type OptionalProtect as OptionalProtectOf,
  type Protect as ProtectOf,
  type ProtectOptions,
  whenThere,
  withFailures,
  writeErrorResponse,
} from '@tollgate/core/adapter'
import { type ExpressRequest, toHttpRequest } from './request.ts'

type Next = (error?: unknown) => void

/** A middleware for Express 4 and 5. It sets `req.auth`. */
export type Middleware = (req: ExpressRequest, res: ServerResponse, next: Next) => void

/** What `createProtect` makes: `protect(…)` is for `app.use`, a router or one route. */
export type Protect<Claims = RawClaims> = ProtectOf<ExpressRequest, Middleware, Middleware, Claims>

/** What `protect.optional` is. */
export type OptionalProtect<Claims = RawClaims> = OptionalProtectOf<ExpressRequest, Middleware, Claims>

/**
 * Makes the middleware that protects an Express API with OAuth 2.0 access tokens. Create it once, when the process starts,
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

function toMiddleware<Claims>(admit: Authenticate<ExpressRequest, Claims>): Middleware {
  return (req, res, next) => {
    // Nothing that goes wrong here may become an unhandled rejection, which ends the process.
    void withFailures(
      () => whenThere(admit(req), (admission) => proceed(admission, req, res, next)),
      (error) => next(toFrameworkError(error)),
    )
  }
}

function proceed<Claims>(admission: AuthResult<Claims>, req: ExpressRequest, res: ServerResponse, next: Next): void {
  if (admission.failure !== undefined) {
    next(admission.failure)
  } else if (admission.answer === undefined) {
    req.auth = admission.token
    next()
  } else if (res.headersSent) {
    next(admission.answer)
  } else {
    writeErrorResponse(admission.answer, {
      set: (name, value) => res.setHeader(name, value),
      append: (name, value) => res.appendHeader(name, value),
      end: (status, body) => {
        res.statusCode = status
        res.end(body)
      },
    })
  }
}

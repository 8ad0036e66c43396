import type { ServerResponse } from 'node:http'
import {
  type AccessToken,
  type Guard,
  type Refusal,
  type Unavailable,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { createGate, createProtection, failureOf, type AnsweringOptions } from '@tollgate/core/adapter'
import { type ExpressRequest, toHttpRequest } from './request.ts'

/** What `createProtect` takes: the options of the validator, and how to answer. */
export type ProtectOptions = ValidatorOptions & AnsweringOptions

/** A middleware for Express 4 and 5. */
export type Middleware = (req: ExpressRequest, res: ServerResponse, next: (error?: unknown) => void) => void

export interface Protect {
  /** Lets a request through with a valid access token that the guards accept, and sets `req.auth`. For `app.use`, a router or one route. */
  (...guards: readonly Guard[]): Middleware
  /** The token of a request that passed `protect(…)`: never undefined; a `TypeError` on a route without protection. */
  auth(req: ExpressRequest): AccessToken
  /** Lets requests without credentials through as well, and without `req.auth`; bad credentials are refused all the same. */
  readonly optional: OptionalProtect
  /** What judges the tokens: `await protect.validator.ready()`, `.health()`, `.close()`. */
  readonly validator: Validator
}

export interface OptionalProtect {
  (...guards: readonly Guard[]): Middleware
  /** The token, or `undefined` when the request came without credentials; a `TypeError` on a route without protection. */
  auth(req: ExpressRequest): AccessToken | undefined
}

/**
 * Makes the middleware that protects an Express API with OAuth 2.0 access tokens. Create it once, when the process starts,
 * and use it for every route.
 *
 * It checks the token as `createValidator` says, and answers refusals itself: 400, 401 or 403 with the challenge of
 * RFC 6750 §3; 503 with `Retry-After` when nobody can judge the token.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for options that cannot be meant.
 */
export function createProtect(validator: Validator, options?: AnsweringOptions): Protect
// The last one is what a compiler speaks of when an option is wrong.
export function createProtect(options: ProtectOptions): Protect
export function createProtect(subject: Validator | ProtectOptions, options?: AnsweringOptions): Protect {
  const { validator, answerTo } = createProtection(subject, options)
  const gate = createGate(validator, toHttpRequest)

  function middleware(admit: (req: ExpressRequest) => Promise<AccessToken | undefined>): Middleware {
    return (req, res, next) => {
      admit(req)
        .then(
          (token) => {
            Object.assign(req, { auth: token })
            next()
          },
          (error: unknown) => {
            const answer = res.headersSent ? undefined : answerTo(error)
            return answer === undefined ? next(failureOf(error)) : send(res, answer)
          },
        )
        // Nothing that goes wrong here may become an unhandled rejection, which ends the process.
        .catch((error: unknown) => next(failureOf(error)))
    }
  }

  function protect(...guards: readonly Guard[]): Middleware {
    const guard = validator.combine(...guards)
    return middleware((req) => gate.admit(req, guard))
  }

  function optional(...guards: readonly Guard[]): Middleware {
    const guard = validator.combine(...guards)
    return middleware((req) => gate.admitOptional(req, guard))
  }

  return Object.assign(protect, {
    auth: gate.tokenOf,
    optional: Object.assign(optional, { auth: gate.optionalTokenOf }),
    validator,
  })
}

/** Other headers are left in place: those of CORS, and challenges that the app has set. */
function send(res: ServerResponse, { status, headers, body }: Refusal | Unavailable): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'WWW-Authenticate') {
      res.appendHeader(name, value)
    } else {
      res.setHeader(name, value)
    }
  }
  res.statusCode = status
  res.setHeader('Content-Type', 'application/json')
  res.end(JSON.stringify(body))
}

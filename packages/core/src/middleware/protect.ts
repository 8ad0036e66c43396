import type { AccessToken, RawClaims } from '../access-token.ts'
import type { Answer } from '../responses/error-response.ts'
import { createRequestAuth } from './request-auth.ts'
import type { Guard } from '../guards/guard.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { toFrameworkError, type Protection } from './protect-options.ts'
import { isLater, type Soon } from '../soon.ts'
import type { Validator } from '../validator.ts'

/** Protects the routes of a framework: guards in, its kind of middleware out. */
export interface Protect<Request, Middleware, OptionalMiddleware = Middleware, Claims = RawClaims> {
  /** Lets a request through with a valid access token that the guards accept; and preflights that are to pass. */
  (...guards: readonly Guard[]): Middleware
  /** The token of a request that passed `protect(…)`: never undefined; a `TypeError` on a route without protection. */
  readonly auth: (request: Request) => AccessToken<Claims>
  /** Lets requests without credentials through as well; bad credentials are refused all the same. */
  readonly optional: OptionalProtect<Request, OptionalMiddleware, Claims>
  /** What judges the tokens: `await protect.validator.ready()`, `.health()`, `.close()`. */
  readonly validator: Validator<Claims>
}

/** Protects routes on which credentials are optional. */
export interface OptionalProtect<Request, Middleware, Claims = RawClaims> {
  (...guards: readonly Guard[]): Middleware
  /** The token, or `undefined` when the request came without credentials; a `TypeError` on a route without protection. */
  readonly auth: (request: Request) => AccessToken<Claims> | undefined
}

/** What becomes of a request: it goes on, it is answered, or the error handling of the framework has it. */
export type AuthResult<Claims> =
  | { readonly token: AccessToken<Claims> | undefined; readonly answer?: undefined; readonly failure?: undefined }
  | { readonly answer: Answer; readonly failure?: undefined }
  | { readonly failure: Error }

/** Judges a request, at once when it can. */
export type Authenticate<Request, Claims> = (request: Request) => Soon<AuthResult<Claims>>

/** All that an adapter adds: how its framework's request is read, and what its middleware is. */
export interface Framework<Request, Middleware, Claims> {
  readonly toHttpRequest: (request: Request) => HttpRequest
  /** `admitOptional` is the same for requests without credentials, which it lets on, for frameworks whose routes can say so themselves. */
  readonly toMiddleware: (admit: Authenticate<Request, Claims>, admitOptional: Authenticate<Request, Claims>) => Middleware
}

/** Makes what an adapter exports: the gate, and the middleware of the framework in front of it. */
export function createProtectFor<Request extends object, Middleware, Claims>(
  { validator, preflights, answerTo }: Protection<Claims>,
  { toHttpRequest, toMiddleware }: Framework<Request, Middleware, Claims>,
): Protect<Request, Middleware, Middleware, Claims> {
  const gate = createRequestAuth({ validator, toHttpRequest, preflights })

  function toAnswer(error: unknown): AuthResult<Claims> {
    const answer = answerTo(error)
    return answer === undefined ? { failure: toFrameworkError(error) } : { answer }
  }

  function admitting(by: typeof gate.admit, guard: Guard): Authenticate<Request, Claims> {
    return (request) => {
      try {
        const token = by(request, guard)
        return isLater(token) ? token.then(toAdmission<Claims>).catch(toAnswer) : { token }
      } catch (error) {
        return toAnswer(error)
      }
    }
  }

  function protect(...guards: readonly Guard[]): Middleware {
    const guard = validator.combine(...guards)
    return toMiddleware(admitting(gate.admit, guard), admitting(gate.admitOptional, guard))
  }

  function optional(...guards: readonly Guard[]): Middleware {
    const admit = admitting(gate.admitOptional, validator.combine(...guards))
    return toMiddleware(admit, admit)
  }

  return Object.assign(protect, {
    auth: gate.tokenOf,
    optional: Object.assign(optional, { auth: gate.optionalTokenOf }),
    validator,
  })
}

function toAdmission<Claims>(token: AccessToken<Claims> | undefined): AuthResult<Claims> {
  return { token }
}

import type { AccessToken, RawClaims } from '../access-token.ts'
import { fastPathOf } from '../create-validator.ts'
import { deferredOf } from '../guards/deferred.ts'
import type { Guard } from '../guards/guard.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { isPreflight } from '../request/preflight.ts'
import { isErrorResponse, type Line } from '../responses/error-response.ts'
import { isRefusal } from '../responses/refusal.ts'
import type { ProtectSettings } from './protect-options.ts'
import { createStates } from './request-states.ts'

/** Authenticates the requests of a framework. Several layers of `protect` on one request authenticate it once. */
export interface RequestAuth<Request extends object, Claims = RawClaims> {
  readonly toHttpRequest: (request: Request) => HttpRequest
  /** The fast path, for a request that no layer has seen. `undefined` means that the request takes the full path. */
  readonly known: (request: Request, guard: Guard) => AccessToken<Claims> | undefined
  /** The token that the guard accepts. `undefined` for a skipped preflight, and when optional credentials are absent. */
  readonly authenticate: (
    request: Request,
    guard: Guard,
    credentials: Credentials,
  ) => Promise<AccessToken<Claims> | undefined>
  /** The headers that the response needs, and that no layer has set yet. Usually none. */
  readonly takeHeaders: (request: Request) => readonly Line[]
  /** The token of an authenticated request. Throws a `TypeError` on a route without `protect(…)`. */
  readonly tokenOf: (request: Request) => AccessToken<Claims>
  /** The same, but `undefined` for a request without credentials on an optional route. */
  readonly optionalTokenOf: (request: Request) => AccessToken<Claims> | undefined
}

/** `'skipped'`: this layer needs no token, and does not look for one. */
type Credentials = 'required' | 'optional' | 'skipped'

interface RequestState<Claims> {
  /** Steps 1 to 5. `undefined` while the request has no credentials, because a body parser can add some. */
  authentication: Promise<AccessToken<Claims> | undefined> | undefined
  /** The method of the request when its credentials were last read. */
  method: string
  hasPassed: boolean
  /** The error of the last layer that refused the request, or failed. */
  error: unknown
  token: AccessToken<Claims> | undefined
  /** A later layer does not set them again. */
  areHeadersSet: boolean
}

function newState<Claims>(method: string): RequestState<Claims> {
  return {
    authentication: undefined,
    method,
    hasPassed: false,
    error: undefined,
    token: undefined,
    areHeadersSet: false,
  }
}

/** Creates the state of one `protect`: it authenticates each request once, and passes the token to every layer. */
export function createRequestAuth<Request extends object, Claims>(
  { validator, preflights }: Pick<ProtectSettings<Claims>, 'validator' | 'preflights'>,
  toHttpRequest: (request: Request) => HttpRequest,
): RequestAuth<Request, Claims> {
  const fastPath = fastPathOf(validator)
  const states = createStates<Request, RequestState<Claims>>()

  const isSkipped = (http: HttpRequest): boolean => preflights === 'skip' && isPreflight(http)

  function known(request: Request, guard: Guard): AccessToken<Claims> | undefined {
    const http = toHttpRequest(request)
    if (states.get(request) !== undefined || isSkipped(http)) {
      return undefined
    }
    const token = fastPath(http, guard)
    if (token !== undefined) {
      const authentication = Promise.resolve(token)
      states.set(request, { ...newState<Claims>(http.method), authentication, hasPassed: true, token })
    }
    return token
  }

  async function authenticate(
    request: Request,
    guard: Guard,
    credentials: Credentials,
  ): Promise<AccessToken<Claims> | undefined> {
    // The request of this layer counts, because an outer layer can have changed it.
    const http = toHttpRequest(request)
    const state = states.get(request) ?? states.set(request, newState(http.method))
    try {
      return accept(state, await authenticateWith(state, http, guard, credentials))
    } catch (error) {
      state.error = error
      throw error
    }
  }

  async function authenticateWith(
    state: RequestState<Claims>,
    http: HttpRequest,
    guard: Guard,
    credentials: Credentials,
  ): Promise<AccessToken<Claims> | undefined> {
    if (credentials === 'skipped' || (credentials === 'required' && isSkipped(http))) {
      return undefined
    }
    if (state.authentication !== undefined && state.method !== http.method) {
      // The cookie of another site is good for a GET, and not for the DELETE that an outer layer made of it.
      await validator.authenticateOptional(http, deferredOf(guard))
    }
    state.method = http.method
    // The guards of a layer run later, once for each layer. A refusal of the token has the challenges of this layer.
    const authentication = (state.authentication ??= validator.authenticateOptional(http, deferredOf(guard)))
    const token = await authentication
    if (token === undefined && state.authentication === authentication) {
      state.authentication = undefined
    }
    if (credentials === 'optional' && (token === undefined || isSkipped(http))) {
      return undefined
    }
    try {
      const authorized = await validator.authorize(token, http, guard)
      if (authorized !== token) {
        replace(state, authentication, Promise.resolve(authorized))
      }
      return authorized
    } catch (error) {
      if (isRefusal(error) && error.code === 'invalid_token' && error.reason === 'inactive') {
        replace(state, authentication, Promise.reject(error))
      }
      throw error
    }
  }

  function takeHeaders(request: Request): readonly Line[] {
    const state = states.get(request)
    if (state?.token === undefined || state.areHeadersSet) {
      return []
    }
    state.areHeadersSet = true
    return Object.entries(state.token.responseHeaders)
  }

  function optionalTokenOf(request: Request): AccessToken<Claims> | undefined {
    const state = states.get(request)
    if (state?.error !== undefined) {
      throw new TypeError(
        `protect() refused this request${reasonOf(state.error)}, so that it has no token for a handler`,
        {
          cause: state.error,
        },
      )
    }
    if (state?.hasPassed !== true) {
      throw new TypeError(
        'This request has not been authenticated: no protect() runs before this handler, or the argument is not the request (req, ctx, request) of this protection',
      )
    }
    return state.token
  }

  function tokenOf(request: Request): AccessToken<Claims> {
    const token = optionalTokenOf(request)
    if (token === undefined) {
      throw new TypeError(
        'This request has no token: its route is optional, or it is a skipped preflight; protect.optional.auth(…) returns undefined then',
      )
    }
    return token
  }

  return { known, authenticate, takeHeaders, tokenOf, optionalTokenOf, toHttpRequest }
}

function reasonOf(error: unknown): string {
  return isErrorResponse(error) ? ` (${error.status} ${error.reason})` : ''
}

function accept<Claims>(state: RequestState<Claims>, token: AccessToken<Claims> | undefined): typeof token {
  state.hasPassed = true
  state.error = undefined
  state.token = token
  return token
}

/** Later layers use the newer token of the demand `active`, or its refusal. Another layer may have been faster. */
function replace<Claims>(
  state: RequestState<Claims>,
  previous: RequestState<Claims>['authentication'],
  next: Promise<AccessToken<Claims>>,
): void {
  if (state.authentication === previous) {
    state.authentication = next
  }
  next.catch(() => undefined)
}

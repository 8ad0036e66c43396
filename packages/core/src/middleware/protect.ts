import type { AccessToken, RawClaims } from '../access-token.ts'
import type { Validator } from '../validator-methods.ts'
import { type Guard, isGuard } from '../guards/guard.ts'
import type { MetadataResponse } from '../resource/served-metadata.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { toHttpRequest as ofNode } from '../request/to-http-request.ts'
import { type ErrorResponse, isErrorResponse, type Line } from '../responses/error-response.ts'
import { withWebSocket } from './early-messages.ts'
import { createExpectAtStart } from './expect-at-start.ts'
import { type ProtectSettings, toFrameworkError } from './protect-options.ts'
import { createRequestAuth } from './request-auth.ts'
import { type Unawaitable, unawaitable } from './unawaitable.ts'
import { createIsExempt, type Exemption } from './unless.ts'
import { createUpgrade, type Upgrade, type UpgradeOptions } from './upgrade.ts'

/** Protects the routes of a framework: it takes guards and returns a middleware of the framework. */
export interface Protect<Request, Middleware, OptionalMiddleware = Middleware, Claims = RawClaims, Native = Request> {
  /**
   * The middleware accepts a request with a valid access token that the guards accept, and skipped preflights. Call it
   * when you define routes. In a handler it would protect nothing: there it throws a `TypeError`.
   */
  (...guards: readonly Guard[]): Unawaitable<Middleware>
  /**
   * The middleware lets these paths through without a token, and needs one everywhere else. A path is exact, and matched
   * as the router of the app matches it by its settings, relative to the place of the middleware. All methods of the
   * path pass. Or a function of the request returns `true`. A path with a token gets no `auth` either. Does NOT know
   * what the app does with the path afterwards, nor a `Router` whose own settings distinguish more paths.
   */
  readonly unless: (
    paths: Exemption<Native> | readonly Exemption<Native>[],
    ...guards: readonly Guard[]
  ) => Unawaitable<Middleware>
  /** The token of a request that passed `protect(…)`. A route without protection throws a `TypeError`. */
  readonly auth: (request: Request) => AccessToken<Claims>
  /** The middleware accepts requests without credentials too. It refuses bad credentials. */
  readonly optional: OptionalProtect<Request, OptionalMiddleware, Claims>
  /**
   * The middleware serves the metadata of the resource (RFC 9728) under `/.well-known/oauth-protected-resource`, without a
   * token. Use it in front of `protect()`. From then on, challenges name its URL. It throws a `TypeError` when the resource
   * has no URL: set `resource`.
   */
  readonly metadata: () => Unawaitable<Middleware>
  /**
   * Authenticates WebSockets and the handshakes of Socket.IO, and closes them when their lease ends. Call it when the
   * server starts, with the guards, and use a function of its result.
   */
  readonly upgrade: {
    (...guards: readonly Guard[]): Upgrade<Request, Claims>
    (options: UpgradeOptions, ...guards: readonly Guard[]): Upgrade<Request, Claims>
  }
  /** The validator behind it: `await protect.validator.ready()`, `.health()`, `.close()`. */
  readonly validator: Validator<Claims>
}

/** Protects routes whose credentials are optional. */
export interface OptionalProtect<Request, Middleware, Claims = RawClaims> {
  (...guards: readonly Guard[]): Unawaitable<Middleware>
  /** The token, or `undefined` for a request without credentials. A route without protection throws a `TypeError`. */
  readonly auth: (request: Request) => AccessToken<Claims> | undefined
}

/** The result of a request: it continues, it gets this response, or the framework's error handling gets this error. */
export type AuthResult<Claims> =
  | Continuation<Claims>
  | { readonly response: ErrorResponse; readonly error?: undefined }
  | { readonly error: Error }

interface Continuation<Claims> {
  readonly token: AccessToken<Claims> | undefined
  /** Headers that the response needs. */
  readonly headers: readonly Line[]
  readonly response?: undefined
  readonly error?: undefined
}

/** Authenticates a request under the guards of its route. It never rejects. */
export interface Authenticate<Request, Claims> {
  (request: Request): Promise<AuthResult<Claims>>
  /** The fast path: the token of a request that continues without waiting. `undefined` for every other request. */
  readonly known: (request: Request) => AccessToken<Claims> | undefined
}

/** The parts of an adapter: how to read a request, and how to build a middleware. */
export interface Framework<Request, Middleware, Claims> {
  /** `native` must be the request of the framework, because guards get it. */
  readonly toHttpRequest: (request: Request) => HttpRequest
  /** Whether a request is for this path, as the router of the framework decides it. */
  readonly isAt: (request: Request, path: string) => boolean
  /** The WebSocket of a request whose upgrade a library has accepted already. A refused one is closed. */
  readonly webSocketOf?: (request: Request) => unknown
  /** Throws a `TypeError` when `protect` is called in a handler. Default: while a request over HTTP/1.1 is handled. */
  readonly expectAtStart?: () => void
  /** Responds to a request for the metadata, and lets every other request through. */
  readonly toMetadata: (respond: (request: Request) => MetadataResponse | undefined) => Middleware
  /** `optional` does the same and accepts requests without credentials, for frameworks whose routes can choose. */
  readonly toMiddleware: (
    authenticate: Authenticate<Request, Claims>,
    optional: Authenticate<Request, Claims>,
  ) => Middleware
}

/** The option `origin` replaces the origin that the framework states. */
function withOrigin<Request>(
  toHttpRequest: (request: Request) => HttpRequest,
  origin: readonly string[],
): typeof toHttpRequest {
  return (request) => Object.defineProperty(toHttpRequest(request), 'origin', { value: origin })
}

/** Creates the `protect` of an adapter. */
export function createProtectFor<
  Request extends object,
  Middleware extends object,
  Claims,
  Native extends Request = Request,
>(
  protection: ProtectSettings<Claims>,
  {
    toHttpRequest,
    toMiddleware,
    toMetadata,
    isAt,
    webSocketOf = () => undefined,
    expectAtStart = createExpectAtStart(),
  }: Framework<Request, Middleware, Claims>,
): Protect<Request, Middleware, Middleware, Claims, Native> {
  const { validator, errors, origin } = protection
  const auth = createRequestAuth(protection, origin === undefined ? toHttpRequest : withOrigin(toHttpRequest, origin))
  // Of an upgrade, which no framework sees.
  const nodeAuth = createRequestAuth(protection, origin === undefined ? ofNode : withOrigin(ofNode, origin))

  function withGuard(
    guard: Guard,
    credentials: 'required' | 'optional',
    isExempt: (request: Request) => boolean = () => false,
  ): Authenticate<Request, Claims> {
    async function authenticate(request: Request): Promise<AuthResult<Claims>> {
      try {
        const token = await withWebSocket(webSocketOf, [request, toHttpRequest], async () =>
          auth.authenticate(request, guard, isExempt(request) ? 'skipped' : credentials),
        )
        return { token, headers: auth.takeHeaders(request) }
      } catch (error) {
        return errors === 'respond' && isErrorResponse(error) ? { response: error } : { error: toFrameworkError(error) }
      }
    }
    function known(request: Request): AccessToken<Claims> | undefined {
      try {
        return isExempt(request) ? undefined : auth.known(request, guard)
      } catch {
        // The full path meets the same error and reports it.
        return undefined
      }
    }
    return Object.assign(authenticate, { known })
  }

  function prepare(guards: readonly Guard[]): Guard {
    expectAtStart()
    return validator.combine(...guards)
  }

  function protect(...guards: readonly Guard[]): Unawaitable<Middleware> {
    const guard = prepare(guards)
    return unawaitable(toMiddleware(withGuard(guard, 'required'), withGuard(guard, 'optional')))
  }

  function optional(...guards: readonly Guard[]): Unawaitable<Middleware> {
    const authenticate = withGuard(prepare(guards), 'optional')
    return unawaitable(toMiddleware(authenticate, authenticate))
  }

  function unless(
    paths: Exemption<Native> | readonly Exemption<Native>[],
    ...guards: readonly Guard[]
  ): Unawaitable<Middleware> {
    const guard = prepare(guards)
    const isExempt = createIsExempt(paths as Exemption<Request> | readonly Exemption<Request>[], isAt)
    return unawaitable(toMiddleware(withGuard(guard, 'required', isExempt), withGuard(guard, 'optional', isExempt)))
  }

  function metadata(): Unawaitable<Middleware> {
    const respond = validator.metadata()
    return unawaitable(toMetadata((request) => respond(toHttpRequest(request))))
  }

  function upgrade(first: Guard | UpgradeOptions = {}, ...others: readonly Guard[]): Upgrade<Request, Claims> {
    const [options, guards] = isGuard(first) ? [{}, [first as Guard, ...others]] : [first as UpgradeOptions, others]
    return createUpgrade(options, { validator, guard: prepare(guards), framework: auth, node: nodeAuth })
  }

  return Object.assign(protect, {
    metadata,
    upgrade,
    auth: auth.tokenOf,
    optional: Object.assign(optional, { auth: auth.optionalTokenOf }),
    unless,
    validator,
  })
}

import type { AccessToken, RawClaims } from '../access-token.ts'
import { type Guard, isGuard } from '../guards/guard.ts'
import type { MetadataResponse } from '../resource/metadata-response.ts'
import type { RespondWithMetadata } from '../resource/served-metadata.ts'
import { toHttpRequest as nodeToHttpRequest } from '../request/to-http-request.ts'
import { isErrorResponse } from '../responses/error-response.ts'
import { isRefusal, type Refusal } from '../responses/refusal.ts'
import type { Validator } from '../validator-methods.ts'
import type { Authenticate, AuthResult } from './auth-result.ts'
import { withWebSocket } from './early-messages.ts'
import { createExpectAtStart } from './expect-at-start.ts'
import type { Framework } from './framework.ts'
import { expectGuard, setProtectBy } from './protect-by.ts'
import { noteProtection } from './protections.ts'
import { type ProtectSettings, toFrameworkError } from './protect-options.ts'
import { createRequestAuth } from './request-auth.ts'
import { type Unawaitable, unawaitable } from './unawaitable.ts'
import { createIsExempt, createIsNamed, type Exemption } from './unless.ts'
import { createUpgrade, type Upgrade, type UpgradeOptions } from './upgrade.ts'
import { withOrigin } from './with-origin.ts'

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
   * token. Give it to the app itself, and not to a part under a prefix. It compares the whole target of the request,
   * exactly. From then on, challenges name the URL, and `protect()` of the same protection in front serves the metadata
   * too. It throws a `TypeError` when the resource has no URL: set `resource`.
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
  const nodeAuth = createRequestAuth(
    protection,
    origin === undefined ? nodeToHttpRequest : withOrigin(nodeToHttpRequest, origin),
  )

  /** Set by `metadata()`. */
  let respondWithMetadata: RespondWithMetadata | undefined

  function respond(request: Request): Promise<MetadataResponse> | undefined {
    return respondWithMetadata?.(toHttpRequest(request))
  }

  function withGuard(
    guardOf: (request: Request) => Guard | Refusal,
    credentials: 'required' | 'optional',
    isExempt: (request: Request) => boolean = () => false,
  ): Authenticate<Request, Claims> {
    async function authenticate(request: Request): Promise<AuthResult<Claims>> {
      try {
        // At once, so that no message of a WebSocket is lost.
        return await withWebSocket(webSocketOf, [request, toHttpRequest], async () => authenticateNow(request))
      } catch (error) {
        return errors === 'respond' && isErrorResponse(error) ? { response: error } : { error: toFrameworkError(error) }
      }
    }
    async function authenticateNow(request: Request): Promise<AuthResult<Claims>> {
      const document = await respond(request)
      if (document !== undefined) {
        return { metadata: document }
      }
      const guard = await expectGuard(validator, guardOf(request), () => toHttpRequest(request))
      const token = await auth.authenticate(request, guard, isExempt(request) ? 'skipped' : credentials)
      return { token, headers: auth.takeHeaders(request) }
    }
    function known(request: Request): AccessToken<Claims> | undefined {
      try {
        const guard = guardOf(request)
        return isExempt(request) || isRefusal(guard) ? undefined : auth.known(request, guard)
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
    const middleware = toMiddleware(
      withGuard(() => guard, 'required'),
      withGuard(() => guard, 'optional'),
    )
    return unawaitable(noteProtection(middleware, { guard, credentials: 'required', validator }))
  }

  function optional(...guards: readonly Guard[]): Unawaitable<Middleware> {
    const guard = prepare(guards)
    const authenticate = withGuard(() => guard, 'optional')
    const middleware = toMiddleware(authenticate, authenticate)
    return unawaitable(noteProtection(middleware, { guard, credentials: 'optional', validator }))
  }

  function unless(
    paths: Exemption<Native> | readonly Exemption<Native>[],
    ...guards: readonly Guard[]
  ): Unawaitable<Middleware> {
    const guard = prepare(guards)
    const isExempt = createIsExempt(paths as Exemption<Request> | readonly Exemption<Request>[], isAt)
    const middleware = toMiddleware(
      withGuard(() => guard, 'required', isExempt),
      withGuard(() => guard, 'optional', isExempt),
    )
    const isNamed = createIsNamed(paths, isAt)
    return unawaitable(noteProtection(middleware, { guard, credentials: 'required', validator, isExempt: isNamed }))
  }

  function metadata(): Unawaitable<Middleware> {
    respondWithMetadata = validator.metadata()
    return unawaitable(toMetadata(respond))
  }

  function upgrade(first: Guard | UpgradeOptions = {}, ...others: readonly Guard[]): Upgrade<Request, Claims> {
    const [options, guards] = isGuard(first) ? [{}, [first as Guard, ...others]] : [first as UpgradeOptions, others]
    return createUpgrade(options, { validator, guard: prepare(guards), framework: auth, node: nodeAuth })
  }

  setProtectBy<Request, Middleware>(protect, (choose) => {
    const authenticate = withGuard((request) => choose(request, toHttpRequest(request)), 'required')
    return unawaitable(toMiddleware(authenticate, authenticate))
  })
  return Object.assign(protect, {
    metadata,
    upgrade,
    auth: auth.tokenOf,
    optional: Object.assign(optional, { auth: auth.optionalTokenOf }),
    unless,
    validator,
  })
}

import { type Guard, scopes } from '@tollgate/core'
import {
  acceptMcp,
  createMcpRoute,
  expectFunction,
  protectByOf,
  unawaitable,
  type Unawaitable,
} from '@tollgate/core/adapter'
import { type McpOptions, toAuthInfo } from '@tollgate/core/mcp'
import { bearerAuthFor, type BearerAuthOptions, type RequireBearerAuth } from './mcp/bearer-auth.ts'
import type { Middleware, Protect } from './protect.ts'
import { type ExpressRequest, toHttpRequest } from './request.ts'

export * from '@tollgate/core/mcp'
export type { BearerAuthOptions, RequireBearerAuth } from './mcp/bearer-auth.ts'

/**
 * Protects the route of an MCP server: `app.all('/mcp', express.json(), protectMcp(protect, options), handler)`. It sets
 * `req.auth` to the `AuthInfo` of the MCP SDK, which its transports of version 1 and 2 read. On every other route,
 * `req.auth` stays the access token. `protect.auth(req)` is that token here too.
 *
 * It checks each request: `Origin` first, then the token, the guards, and those of the tools that the request calls. A
 * stream of GET or of `subscriptions/listen` ends with its token. It does not parse bodies.
 *
 * It does NOT check `Host`, nor that the tools of `tools` exist. It sends no headers of CORS.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function protectMcp<Claims>(
  protect: Protect<Claims>,
  options: McpOptions = {},
  ...guards: readonly Guard[]
): Unawaitable<Middleware> {
  const by = protectByOf<ExpressRequest, Middleware>(protect)
  const route = createMcpRoute(protect.validator, options, guards)
  const layer = by((req, http) => route.call(http, req.body))
  return unawaitable((req, res, next) =>
    layer(req, res, (error) => {
      if (error === undefined) {
        const isStream = route.isStream(toHttpRequest(req), req.body)
        acceptMcp({ auth: protect.optional.auth(req), req, res, isStream })
      }
      next(error)
    }),
  )
}

/**
 * Creates `requireBearerAuth` of the MCP SDK, version 1 or 2, with the validator of `protect` as its verifier:
 * `createBearerAuth(requireBearerAuth, protect, { requiredScopes: ['files:read'] })`.
 *
 * It does what `protectMcp` does, and then the checks of the SDK run. Refusals and outages are our responses: the SDK
 * would respond to an outage with 500. A token whose issuer states no expiration gets an `expiresAt` one minute ahead,
 * because the SDK refuses a token without it. The SDK refuses the scheme `DPoP`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function createBearerAuth<Claims>(
  requireBearerAuth: RequireBearerAuth<SdkMiddleware>,
  protect: Protect<Claims>,
  { requiredScopes, resourceMetadataUrl, expectedResource, ...options }: McpOptions & BearerAuthOptions = {},
  ...guards: readonly Guard[]
): Unawaitable<Middleware> {
  expectFunction(requireBearerAuth, 'requireBearerAuth')
  const required = requiredScopes === undefined || requiredScopes.length === 0 ? [] : [scopes(...requiredScopes)]
  const layer = protectMcp(protect, options, ...required, ...guards)
  const given = { requiredScopes, resourceMetadataUrl, expectedResource }
  return unawaitable((req, res, next) =>
    layer(req, res, (error) => {
      const auth = error === undefined ? protect.optional.auth(req) : undefined
      if (auth === undefined) {
        next(error)
        return
      }
      void run(bearerAuthFor(requireBearerAuth, given, toAuthInfo(auth)), [req, res, next])
    }),
  )
}

/** Express 4 does not wait for a middleware of the SDK. */
async function run(middleware: SdkMiddleware, parts: Parameters<Middleware>): Promise<void> {
  try {
    await (middleware as (...given: typeof parts) => unknown)(...parts)
  } catch (error) {
    parts[2](error)
  }
}

/** `requireBearerAuth` of each version has its own types of Express. */
type SdkMiddleware = (req: never, res: never, next: never) => unknown

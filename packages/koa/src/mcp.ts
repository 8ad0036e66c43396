import type { Guard } from '@tollgate/core'
import { createMcpRoute, memberOf, protectByOf, unawaitable, type Unawaitable } from '@tollgate/core/adapter'
import { type McpOptions, toAuthInfo } from '@tollgate/core/mcp'
import type { KoaContext } from './request.ts'
import type { Middleware, Protect, ProtectedState } from './protect.ts'

export * from '@tollgate/core/mcp'

/**
 * Protects the route of an MCP server: `router.all('/mcp', bodyParser(), protectMcp(protect, options), handler)`. It sets
 * `ctx.req.auth` to the `AuthInfo` of the MCP SDK, which its transports of version 1 and 2 read. `ctx.state.auth` stays
 * the access token.
 *
 * It checks each request: `Origin` first, then the token, the guards, and those of the tools that the request calls. A
 * stream of GET or of `subscriptions/listen` ends with its token. It does not parse bodies.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function protectMcp<Claims>(
  protect: Protect<Claims>,
  options: McpOptions = {},
  ...guards: readonly Guard[]
): Unawaitable<Middleware<ProtectedState<Claims>>> {
  const route = createMcpRoute(protect.validator, options, guards)
  const layer = protectByOf<KoaContext, Middleware<ProtectedState<Claims>>>(protect)((ctx, http) =>
    route.call(http, memberOf(ctx.request, 'body')),
  )
  return unawaitable<Middleware<ProtectedState<Claims>>>((ctx, next) =>
    layer(ctx, () => {
      const auth = protect.optional.auth(ctx)
      if (auth !== undefined) {
        Object.assign(ctx.req, { auth: toAuthInfo(auth) })
      }
      return next()
    }),
  )
}

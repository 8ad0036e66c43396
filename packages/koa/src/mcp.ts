import type { Guard } from '@tollgate/core'
import { acceptMcp, createMcpRoute, memberOf, protectByOf, unawaitable, type Unawaitable } from '@tollgate/core/adapter'
import type { McpOptions } from '@tollgate/core/mcp'
import { type KoaContext, toHttpRequest } from './request.ts'
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
 * It does NOT check `Host`, nor that the tools of `tools` exist. It sends no headers of CORS.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function protectMcp<Claims>(
  protect: Protect<Claims>,
  options: McpOptions = {},
  ...guards: readonly Guard[]
): Unawaitable<Middleware<ProtectedState<Claims>>> {
  const by = protectByOf<KoaContext, Middleware<ProtectedState<Claims>>>(protect)
  const route = createMcpRoute(protect.validator, options, guards)
  const layer = by((ctx, http) => route.call(http, bodyOf(ctx)))
  return unawaitable<Middleware<ProtectedState<Claims>>>((ctx, next) =>
    layer(ctx, () => {
      const isStream = route.isStream(toHttpRequest(ctx), bodyOf(ctx))
      acceptMcp({ auth: protect.optional.auth(ctx), req: ctx.req, res: ctx.res, isStream })
      return next()
    }),
  )
}

/** A parser can define the member in the class of the request. */
function bodyOf({ request }: Pick<KoaContext, 'request'>): unknown {
  return memberOf(request, 'body')
}

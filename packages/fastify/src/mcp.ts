import type { ServerResponse } from 'node:http'
import type { Guard } from '@tollgate/core'
import { acceptMcp, createMcpRoute, memberOf, protectByOf } from '@tollgate/core/adapter'
import type { McpOptions } from '@tollgate/core/mcp'
import type { Hook, Protect } from './app-protect.ts'
import { toHttpRequest } from './protect.ts'
import type { ProtectedRequest } from './request.ts'

export * from '@tollgate/core/mcp'

/** The hooks of the route of an MCP server. */
export interface McpHooks {
  /** Before the body is parsed: `Origin`, the token, and the guards of the route. */
  readonly onRequest: Hook
  /** With the parsed body: the guards of the tools. */
  readonly preHandler: Hook[]
}

/**
 * Protects the route of an MCP server: `app.all('/mcp', { ...protectMcp(app.protect, options) }, handler)`. It sets
 * `request.raw.auth` to the `AuthInfo` of the MCP SDK, which its transports of version 1 and 2 read. `request.auth` stays
 * the access token.
 *
 * It checks each request: `Origin` first, then the token, the guards, and those of the tools that the request calls. A
 * stream of GET or of `subscriptions/listen` ends with its token.
 *
 * It does NOT check `Host`, nor that the tools of `tools` exist. It sends no headers of CORS.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function protectMcp<Claims>(
  protect: Protect<Claims>,
  options: McpOptions = {},
  ...guards: readonly Guard[]
): McpHooks {
  const by = protectByOf<ProtectedRequest, Hook>(protect)
  const route = createMcpRoute(protect.validator, options, guards)

  const accept: Hook = async (request, reply) => {
    const { raw } = request
    const isStream = route.isStream(toHttpRequest(request), memberOf(request, 'body'))
    acceptMcp({ auth: protect.optional.auth(request), req: raw, res: reply.raw as ServerResponse, isStream })
  }
  return {
    onRequest: by((_request, http) => route.enter(http)),
    preHandler: [by((request, http) => route.call(http, memberOf(request, 'body'))), accept],
  }
}

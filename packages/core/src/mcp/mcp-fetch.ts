import type { Guard } from '../guards/guard.ts'
import { lease } from '../leases/lease.ts'
import { leaseResponse } from '../leases/lease-response.ts'
import { expectFunction } from '../lib/invalid-option.ts'
import { expectGuard } from '../middleware/protect-by.ts'
import type { AccessToken, RawClaims } from '../access-token.ts'
import type { Refusal } from '../responses/refusal.ts'
import type { Validator } from '../validator-methods.ts'
import { type AuthInfo, toAuthInfo } from './auth-info.ts'
import { readBody } from './body.ts'
import { expectValidator, type McpOptions } from './mcp-options.ts'
import { createMcpRoute } from './mcp-route.ts'

/** What serves the messages: the result of `createMcpHandler` of the SDK, or an object with the same function. */
export interface McpHandler<Claims = RawClaims> {
  fetch(request: Request, context: { authInfo: AuthInfo<Claims>; parsedBody?: unknown }): Promise<Response>
}

/**
 * Protects an MCP server for web requests: `createMcpFetch(validator, createMcpHandler(…), options)`. The result takes a
 * `Request` and resolves with a `Response`: the refusal, the outage, or that of the handler. The handler gets `authInfo`.
 *
 * It checks each request: `Origin` first, then the token, the guards, and those of the tools that the request calls. With
 * `tools`, it reads the body, up to 4 MiB, and gives it to the handler as `parsedBody`. A stream of GET or of
 * `subscriptions/listen` ends with its token. It rejects with the errors of guards and of the handler.
 *
 * It does NOT check `Host`, nor that the tools of `tools` exist. It sends no headers of CORS.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function createMcpFetch<Claims>(
  validator: Validator<Claims>,
  handler: McpHandler<Claims>,
  options: McpOptions = {},
  ...guards: readonly Guard[]
): (request: Request) => Promise<Response> {
  expectValidator(validator)
  const route = createMcpRoute(validator, options, guards)
  expectFunction(Reflect.get(handler, 'fetch'), 'fetch of the MCP handler')

  async function accept(request: Request, chosen: Guard | Refusal, token?: AccessToken<Claims>) {
    const guard = await expectGuard(validator, chosen, () => request)
    return token === undefined ? validator.authenticate(request, guard) : validator.authorize(token, request, guard)
  }

  /** The context of the handler, and the token. Or the response to a refused request. */
  async function authorize(request: Request) {
    try {
      const entered = await accept(request, route.enter(request))
      const body = route.readsBody(request) ? await readBody(request) : undefined
      return { auth: await accept(request, route.call(request, body), entered), body }
    } catch (error) {
      return validator.respond(error)
    }
  }

  return async (request) => {
    const authorized = await authorize(request)
    if (authorized instanceof Response) {
      return authorized
    }
    const { auth, body } = authorized
    const context = { authInfo: toAuthInfo(auth), ...(body === undefined ? {} : { parsedBody: body }) }
    const response = withHeaders(await handler.fetch(request, context), auth.responseHeaders)
    return route.isStream(request, body) ? leaseResponse(response, lease(auth)) : response
  }
}

/** The headers of a response can be immutable. */
function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  const lines = Object.entries(headers)
  if (lines.length === 0) {
    return response
  }
  const copy = new Response(response.body, response)
  for (const [name, value] of lines) {
    copy.headers.append(name, value)
  }
  return copy
}

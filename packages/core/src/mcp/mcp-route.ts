import { createTokenGuard, type Guard } from '../guards/guard.ts'
import { keepScopes } from '../guards/keep-scopes.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { own } from '../lib/record.ts'
import { isOfAllowedOrigin } from '../request/same-origin.ts'
import { invalidRequest, isRefusal, Refusal } from '../responses/refusal.ts'
import type { Validator } from '../validator-methods.ts'
import { expectMcpOptions, type McpOptions } from './mcp-options.ts'
import { hasMessage, type Operation, parseOperation, parseStatedOperation, saysListening } from './messages.ts'

/** The rules of the route of an MCP server. Each gives the guard of a request, or its refusal. */
export interface McpRoute {
  /** Without the body: `Origin`, and the guards of the route. */
  readonly enter: (request: HttpRequest) => Guard | Refusal
  /** With the body: the same, and the guards of the tools that the request calls. */
  readonly call: (request: HttpRequest, body: unknown) => Guard | Refusal
  /** Whether `call` needs the parsed body of this request. */
  readonly readsBody: (request: HttpRequest) => boolean
  /** Whether the response is a stream of events that ends with its token. */
  readonly isStream: (request: HttpRequest, body: unknown) => boolean
}

/**
 * Creates the rules. It combines the guards now, so that the metadata has the scopes of all tools.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options, and for a value that is no guard.
 */
export function createMcpRoute<Claims>(
  validator: Pick<Validator<Claims>, 'combine'>,
  options: McpOptions,
  given: readonly Guard[],
): McpRoute {
  const { origins, tools, toolsFrom, challengeScopes } = expectMcpOptions(options)
  const all = [given, ...tools.values()].map((some) => validator.combine(...some))
  const scopes = all.flatMap(({ demands }) => demands.scopes ?? [])
  const guards = challengeScopes === 'needed' ? given : [...given, keepScopes(scopes)]
  const base = validator.combine(...guards)
  const refused = validator.combine(...guards, refuseMessage)
  const byTool = new Map(Array.from(tools, ([name, required]) => [name, validator.combine(...guards, ...required)]))

  function guardOf({ tools: called }: Operation): Guard {
    const ruled = called.filter((name) => tools.has(name))
    const [only, ...others] = ruled
    if (only === undefined || others.length === 0) {
      return (only === undefined ? undefined : byTool.get(only)) ?? base
    }
    try {
      return validator.combine(...guards, ...ruled.flatMap((name) => tools.get(name) ?? []))
    } catch (error) {
      // A batch of tools whose guards cannot be combined. Any other error is a failure.
      if (own(error, 'code') !== 'ERR_INVALID_OPTION') {
        throw error
      }
      return refused
    }
  }

  const operationOf = (request: HttpRequest, body: unknown): Operation | undefined =>
    body === undefined && toolsFrom === 'verified-headers'
      ? parseStatedOperation(request)
      : parseOperation(body, request)

  const enter = (request: HttpRequest): Guard | Refusal =>
    isOfAllowedOrigin(request, origins) ? base : new Refusal({ reason: 'cross-origin' })

  return {
    enter,
    call: (request, body) => {
      const entered = enter(request)
      if (isRefusal(entered) || tools.size === 0 || !hasMessage(request)) {
        return entered
      }
      const operation = operationOf(request, body)
      return operation === undefined ? refused : guardOf(operation)
    },
    readsBody: (request) => tools.size > 0 && toolsFrom === 'body' && hasMessage(request),
    isStream: saysListening,
  }
}

/** The last guard, so that a message counts only for a client that may use the route. */
const refuseMessage = createTokenGuard({
  demands: {},
  stage: 'claims',
  check: () => invalidRequest('malformed-message'),
})

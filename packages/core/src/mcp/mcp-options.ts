import { type Guard, isGuard } from '../guards/guard.ts'
import { expectOneOf, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { expectAllowedOrigins } from '../request/allowed-origins.ts'

/** The options of the protection of an MCP server. */
export interface McpOptions {
  /**
   * The origins whose pages may send requests, such as `'https://app.example.com'`. A request with any other `Origin` is
   * 403, with and without a token. Default: none. Clients that are no browsers send no `Origin`, and pass.
   */
  readonly origins?: string | readonly string[] | undefined
  /**
   * The guards of a tool, beside those of the route: `{ 'delete-file': scopes('files:write') }`. Default: none. A tool
   * without an entry needs the guards of the route only.
   */
  readonly tools?: Readonly<Record<string, Guard | readonly Guard[]>> | undefined
  /**
   * What names the tool of a call. `'body'`: the parsed body. Put the parser in front, and give its result to the SDK. A
   * request whose `Mcp-Method` or `Mcp-Name` differ from the body is 400, and so is one without a parsed body.
   *
   * `'verified-headers'`: these two headers, where no body is parsed. You state that the server behind compares them with
   * the body, which only `createMcpHandler(…, { legacy: 'reject' })` of the SDK does. A request without them is 400.
   *
   * Default: `'body'`. It has no effect without `tools`.
   */
  readonly toolsFrom?: 'body' | 'verified-headers' | undefined
  /**
   * The scopes in the challenge for a token that lacks one (403). `'needed'`: those of the route and of the tool.
   * `'needed-and-granted'`: also the scopes of other tools, if the token has them. The client of version 1 of the SDK
   * requests the scopes of the last challenge and no others, so that it would lose them. Default:
   * `'needed-and-granted'`.
   */
  readonly challengeScopes?: 'needed' | 'needed-and-granted' | undefined
}

/** The checked options. */
export interface McpSettings {
  readonly origins: readonly string[]
  readonly tools: ReadonlyMap<string, readonly Guard[]>
  readonly toolsFrom: 'body' | 'verified-headers'
  readonly challengeScopes: 'needed' | 'needed-and-granted'
}

export function expectMcpOptions(given: McpOptions): McpSettings {
  if (isGuard(given)) {
    throw invalidOption('Expected the options for MCP in front of the guards; without options, write {} there')
  }
  const {
    origins,
    tools = {},
    toolsFrom = 'body',
    challengeScopes = 'needed-and-granted',
  } = expectOptions(given, 'the options for MCP', optionNames)
  if (typeof tools !== 'object' || tools === null || Array.isArray(tools)) {
    throw invalidOption("Expected `tools` to be an object such as { 'delete-file': scopes('files:write') }")
  }
  return {
    origins: expectAllowedOrigins(origins),
    tools: new Map(Object.entries(tools).map(([name, guards]) => [name, expectSome(name, guards)])),
    toolsFrom: expectOneOf(toolsFrom, 'toolsFrom', ['body', 'verified-headers']),
    challengeScopes: expectOneOf(challengeScopes, 'challengeScopes', ['needed', 'needed-and-granted']),
  }
}

const optionNames: readonly (keyof McpOptions)[] = ['origins', 'tools', 'toolsFrom', 'challengeScopes']

/** Without types, a caller can pass `protect` instead. */
export function expectValidator(validator: unknown): void {
  if (typeof validator !== 'object' || validator === null || !('combine' in validator)) {
    throw invalidOption('Expected a validator of createValidator, or `protect.validator`, as the first argument')
  }
}

/** The validator checks that they are guards. */
function expectSome(name: string, guards: Guard | readonly Guard[]): readonly Guard[] {
  const list = Array.isArray(guards) ? (guards as readonly Guard[]) : [guards as Guard]
  if (list.length === 0) {
    throw invalidOption(`Expected at least one guard for the tool '${name}'; leave it out if it needs none`)
  }
  return list
}

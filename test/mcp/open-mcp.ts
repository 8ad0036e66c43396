import { type Guard, scopes } from '@tollgate/core'
import type { McpOptions } from '@tollgate/core/mcp'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { onTestFinished } from 'vitest'
import { listen } from '../harness/listen.ts'
import { type Received, send } from '../harness/send.ts'
import type { McpFramework, McpServing } from './servers.ts'

export const resource = 'https://files.example/mcp'
export const metadataUrl = 'https://files.example/.well-known/oauth-protected-resource/mcp'

export interface Mcp {
  readonly url: URL
  readonly issuer: MockIssuer
  /** A token with these scopes, separated by spaces. */
  readonly token: (scope: string, claims?: Record<string, unknown>) => Promise<string>
  /** The tools that were called, with the `authInfo` that each got. */
  readonly calls: { readonly name: string; readonly authInfo: unknown }[]
  /** What the handler of `/other` saw. */
  readonly others: unknown[]
  readonly send: (sent: McpSent) => Promise<Received>
}

interface McpSent {
  readonly token?: string | undefined
  readonly body?: unknown
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface McpSetting extends Partial<Pick<McpServing, 'guards' | 'options' | 'parser' | 'legacy'>> {
  readonly protection?: Partial<McpServing['protection']>
  readonly options?: McpOptions
  readonly guards?: readonly Guard[]
}

/** Starts an MCP server whose route needs the scope `files:read`, until the test ends. */
export async function openMcp(framework: McpFramework, setting: McpSetting = {}): Promise<Mcp> {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const { protection, options = {}, guards = [scopes('files:read')], ...rest } = setting
  const calls: Mcp['calls'] = []
  const others: unknown[] = []
  const server = framework.serve({
    protection: { ...issuer.validatorOptions, resource, ...protection },
    options,
    guards,
    onCall: (name, authInfo) => {
      calls.push({ name, authInfo })
      return `called ${name}`
    },
    onOther: ({ auth }) => {
      others.push(auth)
      return { ok: true }
    },
    ...rest,
  })
  const origin = await listen(server)
  return {
    url: new URL(`${origin}/mcp`),
    issuer,
    calls,
    others,
    token: (scope, claims = {}) => issuer.accessToken({ scope, ...claims }),
    send: ({ token, body, method = 'POST', path = '/mcp', headers = {} }) =>
      send(origin, {
        method,
        path,
        headers: [
          ...(token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]),
          ['Accept', 'application/json, text/event-stream'],
          ...(body === undefined || 'content-type' in headers ? [] : [['Content-Type', 'application/json'] as const]),
          ...Object.entries(headers),
        ],
        body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

/** The call of a tool in a revision of MCP before 2026-07-28. */
export function call(name: string, id = 1): object {
  return { jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: {} } }
}

/** The same in the revision 2026-07-28, with the headers that it demands. */
export function modernCall(name: string): { body: object; headers: Record<string, string> } {
  return modern('tools/call', { name, arguments: {} }, { 'Mcp-Name': name })
}

export function modern(
  method: string,
  params: object,
  headers: Record<string, string> = {},
): { body: object; headers: Record<string, string> } {
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1.0.0' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  return {
    body: { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } },
    headers: { 'MCP-Protocol-Version': '2026-07-28', 'Mcp-Method': method, ...headers },
  }
}

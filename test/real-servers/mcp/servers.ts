import { createServer, type RequestListener } from 'node:http'
import { createMcpExpressApp, requireBearerAuth as v2RequireBearerAuth } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { requireBearerAuth as v1RequireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { McpServer as V1Server } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as V2Server, requireScopes } from '@modelcontextprotocol/server'
import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import { createBearerAuth, protectMcp } from '@tollgate/express/mcp'
import express from 'express'
import { listen } from '../../harness/listen.ts'

interface Settings {
  readonly issuer: string
  readonly origins?: readonly string[]
  readonly dpop?: ProtectOptions['dpop']
}

export interface ServerUnderTest {
  readonly name: string
  readonly sdk: 'v1' | 'v2'
  /** Starts the server. Returns its URL. */
  readonly open: (settings: Settings) => Promise<string>
}

export const tools = { open: 'read', guarded: 'write', other: 'purge' }
/** The scopes of the guards. */
export const allScopes = ['mcp', 'write', 'purge']
/** The scope of a tool that the SDK v2 protects itself. */
export const scopeOfSdk = 'audit'

export const mcpServers: readonly ServerUnderTest[] = (['v1', 'v2'] as const).flatMap((sdk) =>
  (['protect', 'verifier'] as const).map((by) => ({
    sdk,
    name: `server of SDK ${sdk}, ${by}`,
    open: async (s) => openServer(sdk, by, s),
  })),
)

async function openServer(
  sdk: 'v1' | 'v2',
  by: 'protect' | 'verifier',
  { issuer, origins = [], dpop = { mode: 'off' } }: Settings,
): Promise<string> {
  const state: { app?: RequestListener } = {}
  const origin = await listen(createServer((request, response) => state.app?.(request, response)))
  const url = `${origin}/mcp`
  const app = createMcpExpressApp()
  state.app = app
  const protect = createProtect({ issuer, audience: url, resource: { url }, dpop })
  app.use(protect.metadata())
  const options = { origins, tools: { write: scopes('write'), purge: scopes('purge') } }
  app.use(
    '/mcp',
    by === 'protect'
      ? protectMcp(protect, options, scopes('mcp'))
      : createBearerAuth((sdk === 'v1' ? v1RequireBearerAuth : v2RequireBearerAuth) as never, protect, {
          requiredScopes: ['mcp'],
          expectedResource: new URL(url),
          ...options,
        }),
  )
  const handler = toNodeHandler(
    createMcpHandler(() => {
      const server = new V2Server({ name: 'x', version: '1' })
      server.registerTool('read', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'read' }] }))
      server.registerTool('write', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'written' }] }))
      server.registerTool('purge', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'purged' }] }))
      const scopeChallenge = requireScopes('mcp', scopeOfSdk)
      server.registerTool('audit', { description: 'x', scopeChallenge }, () => ({
        content: [{ type: 'text', text: 'audited' }],
      }))
      return server
    }),
  )
  app.all('/mcp', async (request, response) => {
    if (sdk === 'v2') {
      await handler(request as never, response, request.body as unknown)
      return
    }
    const server = new V1Server({ name: 'x', version: '1' })
    server.registerTool('read', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'read' }] }))
    server.registerTool('write', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'written' }] }))
    server.registerTool('purge', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'purged' }] }))
    const transport = new StreamableHTTPServerTransport({})
    await server.connect(transport as Parameters<typeof server.connect>[0])
    await transport.handleRequest(request as never, response, request.body as unknown)
  })
  return url
}

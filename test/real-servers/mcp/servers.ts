import { createServer } from 'node:http'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as V1Server } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as V2Server } from '@modelcontextprotocol/server'
import { createProtect, scopes } from '@tollgate/express'
import express, { type RequestHandler } from 'express'
import { listen } from '../../harness/listen.ts'

export interface ServerUnderTest {
  readonly name: string
  /** Starts the server. Returns its URL. */
  readonly open: (settings: { readonly issuer: string; readonly origins?: readonly string[] }) => Promise<string>
}

export const baseScope = 'mcp'
export const tools = { open: 'read', guarded: 'write', other: 'purge' }
export const scopeOf = { write: 'write', purge: 'purge' }
export const allScopes = ['mcp', 'write', 'purge']

export const mcpServers: readonly ServerUnderTest[] = [
  { name: 'v1', open: async (s) => openServer('v1', s.issuer) },
  { name: 'v2', open: async (s) => openServer('v2', s.issuer) },
]

async function openServer(sdk: 'v1' | 'v2', issuer: string): Promise<string> {
  const state: { app?: express.Express } = {}
  const origin = await listen(createServer((request, response) => state.app?.(request, response)))
  const url = `${origin}/mcp`
  const app = (state.app = express())
  const protect = createProtect({ issuer, audience: url, resource: { url } })
  app.use(protect.metadata() as unknown as RequestHandler)
  app.use(express.json())
  const byTool = {
    write: protect(scopes('mcp', 'write')) as unknown as RequestHandler,
    purge: protect(scopes('mcp', 'purge')) as unknown as RequestHandler,
  }
  app.use('/mcp', protect(scopes('mcp')) as unknown as RequestHandler)
  app.use('/mcp', (request, response, next) => {
    const guard = byTool[(request.body as { params?: { name?: 'write' } } | undefined)?.params?.name ?? ('x' as 'write')]
    if (guard) {
      guard(request, response, next)
      return
    }
    next()
  })
  const handler = toNodeHandler(
    createMcpHandler(() => {
      const server = new V2Server({ name: 'x', version: '1' })
      server.registerTool('read', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'read' }] }))
      server.registerTool('write', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'written' }] }))
      server.registerTool('purge', { description: 'x' }, () => ({ content: [{ type: 'text', text: 'purged' }] }))
      return server
    }),
  )
  app.all('/mcp', async (request, response) => {
    delete (request as { auth?: unknown }).auth
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

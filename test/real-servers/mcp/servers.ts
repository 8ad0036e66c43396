import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { McpServer as V1Server } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as V2Server } from '@modelcontextprotocol/server'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createProtect, scopes } from '@tollgate/express'
import express, { type RequestHandler } from 'express'
import { listen } from '../../harness/listen.ts'

export async function openServer(sdk: 'v1' | 'v2', issuer: string): Promise<string> {
  const state: { app?: express.Express } = {}
  const origin = await listen(createServer((request, response) => state.app?.(request, response)))
  const url = `${origin}/mcp`
  const app = (state.app = express())
  const protect = createProtect({ issuer, audience: url, resource: { url } })
  app.use(protect.metadata() as unknown as RequestHandler)
  app.use(express.json())
  const write = protect(scopes('mcp', 'write'))
  app.use('/mcp', protect(scopes('mcp')) as unknown as RequestHandler)
  app.use('/mcp', (request, response, next) =>
    (request.body as { params?: { name?: string } } | undefined)?.params?.name === 'write'
      ? (write as unknown as RequestHandler)(request, response, next)
      : next(),
  )
  const handler = toNodeHandler(
    createMcpHandler(() => {
      const server = new V2Server({ name: 'x', version: '1' })
      server.registerTool('read', {}, () => ({ content: [{ type: 'text', text: 'read' }] }))
      server.registerTool('write', {}, () => ({ content: [{ type: 'text', text: 'written' }] }))
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
    server.registerTool('read', {}, () => ({ content: [{ type: 'text', text: 'read' }] }))
    server.registerTool('write', {}, () => ({ content: [{ type: 'text', text: 'written' }] }))
    const transport = new StreamableHTTPServerTransport({})
    await server.connect(transport as Parameters<typeof server.connect>[0])
    await transport.handleRequest(request as never, response, request.body as unknown)
  })
  return url
}

import { toNodeHandler } from '@modelcontextprotocol/node'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer, requireScopes } from '@modelcontextprotocol/server'
import type { Request, Response } from 'express'

const names = ['read', 'write', 'purge']
const info = { name: 'tests', version: '1.0.0' }
const resultOf = (name: string) => ({ content: [{ type: 'text' as const, text: `did ${name}` }] })

export async function serveV1(req: Request, res: Response): Promise<void> {
  const server = new McpServerV1(info)
  for (const name of names) {
    server.registerTool(name, { description: name }, () => resultOf(name))
  }
  const transport = new StreamableHTTPServerTransport()
  res.on('close', () => void server.close())
  await server.connect(transport)
  await transport.handleRequest(req, res, req.body)
}

const handler = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer(info)
    for (const name of names) {
      server.registerTool(name, { description: name }, () => resultOf(name))
    }
    // The SDK itself checks the scopes of this tool.
    const scopeChallenge = requireScopes('mcp', 'audit')
    server.registerTool('audit', { description: 'audit', scopeChallenge }, () => resultOf('audit'))
    return server
  }),
)

export function serveV2(req: Request, res: Response): void {
  void handler(req, res, req.body)
}

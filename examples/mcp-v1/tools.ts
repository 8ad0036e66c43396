import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { accessTokenOf } from '@tollgate/express/mcp'
import type { Request, Response } from 'express'

const text = (line: string) => ({ content: [{ type: 'text' as const, text: line }] })

function createServer(): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  server.registerTool('list-files', { description: 'Lists the files of a person' }, ({ authInfo }) =>
    text(`the files of ${accessTokenOf(authInfo).subject}`),
  )
  server.registerTool('delete-file', { description: 'Deletes a file' }, () => text('deleted'))
  return server
}

/** Serves one message. The server has no sessions. */
export async function serve(req: Request, res: Response): Promise<void> {
  const server = createServer()
  const transport = new StreamableHTTPServerTransport()
  res.on('close', () => void server.close())
  await server.connect(transport)
  await transport.handleRequest(req, res, req.body)
}

import { McpServer } from '@modelcontextprotocol/server'
import { accessTokenOf } from '@tollgate/express/mcp'

const text = (line: string) => ({ content: [{ type: 'text' as const, text: line }] })

export function createServer(): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  server.registerTool('list-files', { description: 'Lists the files of a person' }, ({ http }) =>
    text(`the files of ${accessTokenOf(http?.authInfo).subject}`),
  )
  server.registerTool('delete-file', { description: 'Deletes a file' }, () => text('deleted'))
  return server
}

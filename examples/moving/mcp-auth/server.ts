import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'

/** Serves one MCP request, as the sample server `whoami` of mcp-auth does. The only tool returns what `whoami` returns. */
export async function serveMcp(
  request: IncomingMessage,
  response: ServerResponse,
  whoami: (authInfo: AuthInfo | undefined) => unknown,
): Promise<void> {
  const mcpServer = new McpServer({ name: 'WhoAmI', version: '0.0.0' })
  mcpServer.registerTool('whoami', { description: 'Get the current user information' }, ({ authInfo }) => ({
    content: [{ type: 'text', text: JSON.stringify(whoami(authInfo) ?? { error: 'Not authenticated' }) }],
  }))
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  await mcpServer.connect(transport)
  await transport.handleRequest(request, response)
  response.on('close', () => {
    void transport.close()
    void mcpServer.close()
  })
}

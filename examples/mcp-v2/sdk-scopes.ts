import { McpServer, requireScopes } from '@modelcontextprotocol/server'

export function createServer(): McpServer {
  const server = new McpServer({ name: 'files', version: '1.0.0' })
  const scopeChallenge = requireScopes('files:read', 'files:write') // all scopes of the call, also that of the route
  server.registerTool('delete-file', { scopeChallenge }, () => ({ content: [{ type: 'text', text: 'deleted' }] }))
  return server
}

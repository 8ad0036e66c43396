/** The clients of both MCP SDKs with a server of the SDK v2 behind each adapter. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { scopes } from '@tollgate/core'
import { createValidator } from '@tollgate/core'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { listen } from '../../harness/listen.ts'
import { openMcpAuthorizationServer } from '../../harness/mcp-authorization-server.ts'
import { mcpClients } from '../../harness/mcp-clients.ts'
import { type McpFramework, mcpServers } from '../../mcp/servers.ts'
import { scopesOf } from './scopes-of.ts'

/** Starts the server, and serves the metadata of its resource in front of it. Returns its URL. */
async function openServer({ serve }: McpFramework, issuer: string): Promise<string> {
  const state: { answer?: (request: IncomingMessage, response: ServerResponse) => void } = {}
  const url = `${await listen(createServer((request, response) => state.answer?.(request, response)))}/mcp`
  const server = serve({
    protection: { issuer, audience: url, resource: url },
    options: { tools: { 'delete-file': scopes('files:delete'), 'drop-table': scopes('files:drop') } },
    guards: [scopes('files:read')],
    onCall: (name) => `called ${name}`,
    onOther: () => ({}),
  })
  const respond = createValidator({ issuer, audience: url, resource: url }).metadata()
  state.answer = (request, response) => {
    const metadata = respond({ method: request.method ?? '', url: request.url ?? '' })
    if (metadata === undefined) {
      server.emit('request', request, response)
    } else {
      response.writeHead(metadata.status, metadata.headers).end(metadata.body)
    }
  }
  return url
}
const rows = mcpServers.flatMap((framework) =>
  Object.entries(mcpClients).map(([client, open]) => ({
    name: `${framework.name} · client of ${client}`,
    framework,
    open,
  })),
)

describe.each(rows)('$name', ({ framework, open }) => {
  test('the client gets a token for this resource, calls a tool, and is stepped up twice', async () => {
    const { url: issuer } = await openMcpAuthorizationServer(['files:read', 'files:delete', 'files:drop'])
    const url = await openServer(framework, issuer)
    const client = open(url)
    await client.connect()
    for (const tool of ['read-file', 'delete-file', 'drop-table', 'delete-file']) {
      expect(await client.callTool(tool)).toBe(`called ${tool}`)
    }
    expect(client.log.tokens.map((token) => decodeJwt(token).aud)).toEqual([url, url, url])
    expect(scopesOf(client)).toEqual([
      ['files:read'],
      ['files:delete', 'files:read'],
      ['files:delete', 'files:drop', 'files:read'],
    ])
  })
})

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMcpExpressApp } from '@modelcontextprotocol/express'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer, requireScopes } from '@modelcontextprotocol/server'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createProtect, scopes } from '@tollgate/express'
import { protectMcp } from '@tollgate/express/mcp'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { test } from 'vitest'

test('smoke', async () => {
  const issuer = await createMockIssuer({ port: 'none' })
  const protect = createProtect({ ...issuer.validatorOptions, resource: 'http://127.0.0.1:4000/mcp' })
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'files', version: '1.0.0' })
    server.registerTool('list', { description: 'x' }, async ({ http }) => ({
      content: [{ type: 'text', text: JSON.stringify(http?.authInfo) + String((http?.authInfo?.extra as any)?.auth.subject) }],
    }))
    server.registerTool('delete-file', { scopeChallenge: requireScopes('files:write') }, async () => ({ content: [] }))
    server.registerTool('drop', {}, async () => ({ content: [] }))
    return server
  })
  const app = createMcpExpressApp()
  app.use(protect.metadata())
  const nodeHandler = toNodeHandler(handler)
  app.all('/mcp', protectMcp(protect, { tools: { drop: scopes('files:drop') } }, scopes('files:read')), (req, res) => void nodeHandler(req, res, req.body))
  const http = app.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`)
  const token = await issuer.accessToken({ scope: 'files:read' })
  for (const prefer of ['auto', 'legacy'] as const) {
    const client = new Client({ name: 'c', version: '1' }, {})
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${token}` } } }))
    console.log(prefer, client.getNegotiatedProtocolVersion?.(), JSON.stringify(await client.callTool({ name: 'list', arguments: {} })))
    for (const name of ['delete-file', 'drop']) console.log(name, await client.callTool({ name, arguments: {} }).catch((e) => String(e)))
    await client.close()
  }
  const r = await fetch(url, { method: 'POST', headers: {} })
  console.log(r.status, r.headers.get('www-authenticate'))
  const o = await fetch(url, { method: 'GET', headers: { origin: 'http://localhost:1' } })
  console.log(o.status, o.headers.get('www-authenticate'), await o.text())
  const m = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  console.log(m.status, m.headers.get('www-authenticate'), await m.text())
  http.close()
})

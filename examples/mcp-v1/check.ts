import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp } from './app.ts'
import { createApp as createAppByVerifier } from './verifier.ts'

const issuer = await createMockIssuer({ port: 'none' })

async function open(create: typeof createApp) {
  let app: RequestListener | undefined
  const server = createServer((req, res) => app?.(req, res)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  const { audience: _audience, ...options } = issuer.validatorOptions
  app = create(url, options)
  return { url, server }
}

async function headersOf(url: string, scope: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.accessToken({ aud: url, scope })}` }
}

async function connect(url: string, scope: string): Promise<Client> {
  const client = new Client({ name: 'check', version: '1.0.0' })
  const requestInit = { headers: await headersOf(url, scope) }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return client
}

const opened = [await open(createApp), await open(createAppByVerifier)]
for (const { url } of opened) {
  const reader = await connect(url, 'files:read')
  const { content } = await reader.callTool({ name: 'list-files' })
  assert.deepEqual(content, [{ type: 'text', text: 'the files of alice' }])
  await assert.rejects(reader.callTool({ name: 'delete-file' }), StreamableHTTPError)
  const writer = await connect(url, 'files:read files:write')
  const deleted = await writer.callTool({ name: 'delete-file' })
  assert.deepEqual(deleted.content, [{ type: 'text', text: 'deleted' }])
  await Promise.all([reader.close(), writer.close()])

  const metadata = `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`
  const refused = await fetch(url, { method: 'POST' })
  assert.equal(refused.status, 401)
  assert.equal(
    refused.headers.get('www-authenticate'),
    `Bearer realm="api", scope="files:read", resource_metadata="${metadata}"`,
  )
  assert.deepEqual(await (await fetch(metadata)).json(), {
    resource: url,
    authorization_servers: [issuer.url],
    scopes_supported: ['files:read', 'files:write'],
    bearer_methods_supported: ['header'],
  })
}

issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('3h')
for (const { url, server } of opened) {
  const response = await fetch(url, { method: 'POST', headers: await headersOf(url, 'files:read') })
  assert.equal(response.status, 503)
  assert.equal(response.headers.has('retry-after'), true)
  server.close()
}

process.env['PORT'] = '0'
const { server } = await import('./server.ts')
delete process.env['PORT']
await once(server, 'listening')
const { port } = server.address() as AddressInfo
assert.equal((await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST' })).status, 401)
server.close()
await issuer.close()

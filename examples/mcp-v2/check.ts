import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Client, InsufficientScopeError, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { createProtect } from '@tollgate/express'
import { createMcpFetch } from '@tollgate/express/mcp'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express from 'express'
import { createApp } from './app.ts'
import { createApp as createFastifyApp } from './fastify.ts'
import { createApp as createKoaApp } from './koa.ts'
import { createServer as createServerWithScopes } from './sdk-scopes.ts'
import { createAuth } from './token-verifier.ts'
import { createApp as createAppOfHeaders } from './verified-headers.ts'
import { createApp as createAppByVerifier } from './verifier.ts'
import { createApp as createHonoApp } from './web.ts'

const issuer = await createMockIssuer({ port: 'none' })
const { audience: _audience, ...trust } = issuer.validatorOptions
const servers: Server[] = []

async function open(create: (url: string) => RequestListener | Promise<RequestListener>): Promise<string> {
  let app: RequestListener | undefined
  const server = createServer((req, res) => app?.(req, res)).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
  app = await create(url)
  return url
}

async function headersOf(url: string, scope: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await issuer.accessToken({ aud: url, scope })}` }
}

async function connect(url: string, scope: string, mode: 'legacy' | 'auto'): Promise<Client> {
  const client = new Client({ name: 'check', version: '1.0.0' }, { versionNegotiation: { mode } })
  const requestInit = { headers: await headersOf(url, scope) }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return client
}

async function checkDeletion(url: string, mode: 'legacy' | 'auto'): Promise<void> {
  const reader = await connect(url, 'files:read', mode)
  await assert.rejects(reader.callTool({ name: 'delete-file' }), InsufficientScopeError)
  const writer = await connect(url, 'files:read files:write', mode)
  const { content } = await writer.callTool({ name: 'delete-file' })
  assert.deepEqual(content, [{ type: 'text', text: 'deleted' }])
  await Promise.all([reader.close(), writer.close()])
}

const urls = [
  await open((url) => createApp(url, trust)),
  await open((url) => createAppByVerifier(url, trust)),
  await open((url) => createKoaApp(url, trust).callback()),
  await open(async (url) => {
    const app = await createFastifyApp(url, trust)
    await app.ready()
    return (req, res) => app.routing(req, res)
  }),
  await open((url) => getRequestListener(createHonoApp(url, trust).fetch, { overrideGlobalObjects: false })),
]
for (const url of urls) {
  for (const mode of ['legacy', 'auto'] as const) {
    const reader = await connect(url, 'files:read', mode)
    const { content } = await reader.callTool({ name: 'list-files' })
    assert.deepEqual(content, [{ type: 'text', text: 'the files of alice' }])
    await reader.close()
    await checkDeletion(url, mode)
  }

  const metadata = `${new URL(url).origin}/.well-known/oauth-protected-resource/mcp`
  const refused = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
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

// The scopes that the SDK checks itself, and those of verified headers.
const ofSdk = await open((url) => {
  const { validator } = createProtect({ ...trust, audience: url, resource: url })
  return getRequestListener(createMcpFetch(validator, createMcpHandler(createServerWithScopes)), {
    overrideGlobalObjects: false,
  })
})
await checkDeletion(ofSdk, 'auto')
await checkDeletion(await open((url) => createAppOfHeaders(createProtect({ ...trust, audience: url }))), 'auto')

// A verifier alone.
const verified = await open((url) =>
  express().use(createAuth({ ...trust, audience: url }), (req, res) => void res.json(req.auth?.scopes)),
)
assert.deepEqual(await (await fetch(verified, { headers: await headersOf(verified, 'files:read') })).json(), [
  'files:read',
])
assert.equal((await fetch(verified, { headers: { authorization: 'Bearer x' } })).status, 401)

issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('3h')
for (const url of urls) {
  const headers = { ...(await headersOf(url, 'files:read')), 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body: '{}' })
  assert.equal(response.status, 503)
  assert.equal(response.headers.has('retry-after'), true)
}

process.env['PORT'] = '0'
const { server } = await import('./server.ts')
delete process.env['PORT']
await once(server, 'listening')
const { port } = server.address() as AddressInfo
assert.equal((await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST' })).status, 401)
for (const opened of [server, ...servers]) {
  opened.close()
}
await issuer.close()

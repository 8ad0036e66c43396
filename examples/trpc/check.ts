import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { createApp } from './express.ts'
import type { router } from './router.ts'
import { createServer } from './standalone.ts'

const issuer = await createMockIssuer({ port: 'none' })

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function challengeOf(url: string, token?: string): Promise<readonly [number, string | null]> {
  const response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
  await response.arrayBuffer()
  return [response.status, response.headers.get('www-authenticate')]
}

async function check(url: string): Promise<void> {
  const token = await issuer.accessToken({ scope: 'orders:read' })
  const other = await issuer.accessToken()
  const expired = await issuer.wrongToken('expired')
  const links = [httpBatchLink({ url, headers: { authorization: `Bearer ${token}` } })]
  const client = createTRPCClient<typeof router>({ links })

  // The client sends the procedures in one request.
  assert.deepEqual(await Promise.all([client.me.query(), client.orders.query()]), ['alice', ['tea']])
  assert.deepEqual(await challengeOf(`${url}/health`), [200, null])
  assert.deepEqual(await challengeOf(`${url}/me`), [401, 'Bearer realm="api"'])
  assert.deepEqual(await challengeOf(`${url}/orders`), [401, 'Bearer realm="api", scope="orders:read"'])
  assert.deepEqual(await challengeOf(`${url}/orders`, other), [
    403,
    'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:read"',
  ])
  // Bad credentials never pass.
  for (const procedure of ['me', 'health']) {
    assert.deepEqual(await challengeOf(`${url}/${procedure}`, expired), [
      401,
      'Bearer realm="api", error="invalid_token", error_description="The access token has expired"',
    ])
  }

  issuer.misbehave('jwks', { status: 503 })
  issuer.clock.advance('2h')
  const response = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${await issuer.accessToken()}` } })
  assert.equal(response.status, 503)
  assert.match(response.headers.get('retry-after') ?? '', /^\d+$/)
  assert.equal((await response.text()).includes(issuer.url), false)
  issuer.behave()
  issuer.clock.advance('1m')
}

const servers = [createServer(issuer.validatorOptions), createHttpServer(createApp(issuer.validatorOptions))]
const [standalone = '', express = ''] = await Promise.all(servers.map(listen))
await check(standalone)
await check(`${express}/trpc`)
servers.forEach((server) => server.close())
await issuer.close()

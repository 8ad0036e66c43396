import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import type { Express } from 'express'
import { createApi, createFetch, createTwoApis } from './server.ts'

const issuer = await createMockIssuer({ port: 'none' })
const { dispatcher } = issuer.validatorOptions
const trust = { issuer: issuer.url, dispatcher }
const wellKnown = '/.well-known/oauth-protected-resource'

async function withApp(app: Express, work: (origin: string) => Promise<void>): Promise<void> {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.close()
}

const challengeOf = async (url: string): Promise<string | null> => (await fetch(url)).headers.get('www-authenticate')

await withApp(createApi(trust), async (origin) => {
  const response = await fetch(`${origin}${wellKnown}`)
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
  assert.deepEqual(await response.json(), {
    resource: 'https://api.example.com',
    authorization_servers: [issuer.url],
    scopes_supported: ['orders:read'],
    bearer_methods_supported: ['header'],
  })
  assert.equal(
    await challengeOf(`${origin}/orders`),
    `Bearer realm="api", scope="orders:read", resource_metadata="https://api.example.com${wellKnown}"`,
  )
})

await withApp(createTwoApis(trust), async (origin) => {
  for (const path of ['/orders', '/stock']) {
    const document = (await (await fetch(`${origin}${wellKnown}${path}`)).json()) as { resource: string }
    assert.equal(document.resource, `https://api.example.com${path}`)
    const named = `resource_metadata="https://api.example.com${wellKnown}${path}"`
    assert.ok((await challengeOf(`${origin}${path}`))?.includes(named))
  }
  assert.equal((await fetch(`${origin}${wellKnown}`)).status, 404)
})

const handle = createFetch(trust)
const document = await handle(new Request(`https://api.example.com${wellKnown}`))
assert.equal(((await document.json()) as { resource_name: string }).resource_name, 'Orders')
const refused = await handle(new Request('https://api.example.com/'))
assert.equal(refused.status, 401)
assert.match(refused.headers.get('www-authenticate') ?? '', /resource_metadata=/)
await issuer.close()

import assert from 'node:assert/strict'
import { createHmac, createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Protect } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createElsewhereProtect, createPemProtect, createRotatingProtect, createStoreProtect } from './keys.ts'
import { createDialectApp } from './dialects.ts'
import { createPartnersApp, createRolesApp, createTenantsApp } from './server.ts'

const [own, partner, stranger] = await Promise.all([createMockIssuer(), createMockIssuer(), createMockIssuer()])
const tenants = new Map([[partner.url, { audience: 'urn:tenant' }]])
const servers = [
  createPartnersApp(own.url, partner.url).listen(0, '127.0.0.1'),
  createTenantsApp(async (iss) => tenants.get(iss)).listen(0, '127.0.0.1'),
  createRolesApp(own.url, partner.url).listen(0, '127.0.0.1'),
  createDialectApp(own.url).listen(0, '127.0.0.1'),
]
await Promise.all(servers.map((server) => once(server, 'listening')))
const [partners = '', tenantsOnly = '', roles = '', dialect = ''] = servers.map(
  (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
)

async function call(origin: string, token: string): Promise<number> {
  return (await fetch(origin, { headers: { authorization: `Bearer ${token}` } })).status
}

assert.equal(await call(partners, await own.accessToken()), 200)
assert.equal(await call(partners, await partner.accessToken({ aud: 'urn:partner' })), 200)
assert.equal(await call(partners, await partner.accessToken()), 401)
assert.equal(await call(partners, await stranger.accessToken()), 401)
assert.equal(await call(tenantsOnly, await partner.accessToken({ aud: 'urn:tenant' })), 200)
assert.equal(await call(tenantsOnly, await own.accessToken()), 401)

assert.equal(await call(roles, await own.accessToken({ permissions: ['orders:read'] })), 200)
assert.equal(await call(roles, await own.accessToken({ scope: 'admin' })), 200)
assert.equal(await call(roles, await partner.accessToken({ realm_access: { roles: ['orders:write'] } })), 200)
assert.equal(
  await call(roles, await partner.accessToken({ resource_access: { 'orders-api': { roles: ['admin'] } } })),
  200,
)
assert.equal(await call(roles, await partner.accessToken({ scope: 'orders:read' })), 403)

const machine = { aud: undefined, app: 'orders-job', use: 'access', grant: 'client_credentials', scope: 'orders:read' }
const person = { aud: undefined, app: 'web-app', use: 'access', grant: 'code', permissions: ['orders:read'] }
for (const [claims, subjectType] of [
  [machine, 'client'],
  [person, 'resource-owner'],
] as const) {
  const headers = { authorization: `Bearer ${await own.accessToken(claims)}` }
  assert.equal(await (await fetch(dialect, { headers })).text(), subjectType)
}
assert.equal(await call(dialect, await own.accessToken({ ...machine, app: 'other' })), 401)
assert.equal(await call(dialect, await own.accessToken({ ...machine, use: 'id' })), 401)

// Metadata and keys that discovery does not find.
async function isAccepted({ validator }: Protect, token: string): Promise<boolean> {
  const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } })
  const accepted = await validator.authenticateOptional(request).then(
    () => true,
    () => false,
  )
  await validator.close()
  return accepted
}

const { keys } = (await (await fetch(`${own.url}/jwks`)).json()) as {
  keys: (JsonWebKeyInput['key'] & { kid: string })[]
}
const pems = new Map(
  keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' })]),
)
const metadata = `${own.url}/.well-known/openid-configuration`
assert.ok(await isAccepted(createElsewhereProtect(own.url, metadata), await own.accessToken()))
assert.ok(!(await isAccepted(createElsewhereProtect(partner.url, metadata), await partner.accessToken())))
assert.ok(await isAccepted(createPemProtect(own.url, [...pems.values()].join('')), await own.accessToken()))
assert.ok(
  await isAccepted(
    createStoreProtect(own.url, async (kid) => pems.get(kid)),
    await own.accessToken(),
  ),
)
assert.ok(
  !(await isAccepted(
    createStoreProtect(own.url, async () => undefined),
    await own.accessToken(),
  )),
)

const [next, current, former] = ['next', 'current', 'former'].map((name) => `the ${name} secret, of 32 bytes or more`)

function signed(secret = ''): string {
  const claims = { iss: 'urn:own', aud: 'https://api.example.com', exp: Math.floor(Date.now() / 1000) + 60 }
  const input = [{ alg: 'HS256' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

for (const [secret, expected] of [
  [next, true],
  [current, true],
  [former, false],
] as const) {
  assert.equal(await isAccepted(createRotatingProtect('urn:own', next ?? '', current ?? ''), signed(secret)), expected)
}

servers.forEach((server) => server.close())
await Promise.all([own.close(), partner.close(), stranger.close()])

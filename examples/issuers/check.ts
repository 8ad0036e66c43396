import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
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

const machine = { aud: undefined, sub: 'orders-job', client_id: 'orders-job', scope: 'orders/read' }
assert.equal(await call(dialect, await own.accessToken({ ...machine, token_use: 'access' })), 200)
assert.equal(await call(dialect, await own.accessToken({ ...machine, token_use: 'access', client_id: 'other' })), 401)
assert.equal(await call(dialect, await own.accessToken({ ...machine, token_use: 'id' })), 401)

servers.forEach((server) => server.close())
await Promise.all([own.close(), partner.close(), stranger.close()])

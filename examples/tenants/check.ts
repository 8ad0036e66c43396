import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createDatabaseApp, createTenantsApp } from './server.ts'

const [red, blue] = await Promise.all([createMockIssuer(), createMockIssuer()])
const tenants = [
  { host: 'red.example.com', issuer: red.url, audience: 'urn:red' },
  { host: 'blue.example.com', issuer: blue.url, audience: 'urn:blue' },
]
const issuers = new Map(tenants.map(({ host, issuer }) => [host, issuer]))
const servers = [
  createTenantsApp(tenants).listen(0, '127.0.0.1'),
  createDatabaseApp(async (host) => issuers.get(host)).listen(0, '127.0.0.1'),
]
await Promise.all(servers.map((server) => once(server, 'listening')))
const [listed = 0, stored = 0] = servers.map((server) => (server.address() as AddressInfo).port)

async function call(port: number, host: string, token: string): Promise<number | undefined> {
  const headers = { host, authorization: `Bearer ${token}` }
  const [response] = (await once(get({ port, headers, agent: false }), 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode
}

const [ofRed, ofBlue] = [await red.accessToken({ aud: 'urn:red' }), await blue.accessToken({ aud: 'urn:blue' })]
// A token is cached with its second request. The cache changes no result.
for (let round = 0; round < 3; round += 1) {
  assert.equal(await call(listed, 'red.example.com', ofRed), 200)
  assert.equal(await call(listed, 'blue.example.com', ofRed), 401)
  assert.equal(await call(listed, 'Blue.Example.com:443', ofBlue), 200)
  assert.equal(await call(listed, 'other.example.com', ofBlue), 401)
}
const token = await red.accessToken({ aud: 'https://api.example.com' })
for (let round = 0; round < 3; round += 1) {
  assert.equal(await call(stored, 'red.example.com', token), 200)
  assert.equal(await call(stored, 'blue.example.com', token), 401)
}

servers.forEach((server) => server.close())
await Promise.all([red.close(), blue.close()])

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createProtect, type Validator } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createApp, createInternalProtect, createSeededProtect, start } from './server.ts'

const issuer = await createMockIssuer()

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function ordersAt(server: Server): Promise<number> {
  const headers = { authorization: `Bearer ${await issuer.accessToken()}` }
  return (await fetch(`${originOf(server)}/orders`, { headers })).status
}

async function probe(server: Server): Promise<readonly [number, ReturnType<Validator['health']>]> {
  const response = await fetch(`${originOf(server)}/ready`)
  return [response.status, (await response.json()) as ReturnType<Validator['health']>]
}

// The issuer is down at the start of the API, comes up, and fails again.
issuer.misbehave('metadata', { status: 503 })
const protect = createProtect(issuer.validatorOptions)
const server = createApp(protect).listen(0, '127.0.0.1')
await once(server, 'listening')
const [down, missing] = await probe(server)
assert.deepEqual([down, missing.status, missing.issuers[0]?.keys?.state], [503, 'degraded', 'missing'])
issuer.behave()
issuer.clock.advance('2s')
const [up, fresh] = await probe(server)
assert.deepEqual([up, fresh.status, fresh.issuers[0]?.keys?.state], [200, 'ok', 'fresh'])
issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('11m')
const [serving, stale] = await probe(server)
assert.deepEqual([serving, stale.status, stale.issuers[0]?.keys?.state], [200, 'degraded', 'stale'])
assert.equal(await ordersAt(server), 200)
server.close()
await protect.validator.close()
issuer.behave()
issuer.clock.freeze(Date.now())

// `start` waits for the keys, and SIGTERM closes the server.
const started = await start(issuer.url, 0)
await once(started, 'listening')
assert.equal(await ordersAt(started), 200)
process.emit('SIGTERM')
await once(started, 'close')

// Keys from a file serve while the issuer is down.
const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
const file = join(folder, 'jwks.json')
writeFileSync(file, await (await fetch(`${issuer.url}/jwks`)).text())
issuer.misbehave('metadata', 'hang')
const seeded = createSeededProtect(issuer.url, file)
const seededServer = createApp(seeded).listen(0, '127.0.0.1')
await once(seededServer, 'listening')
assert.equal(await ordersAt(seededServer), 200)
seededServer.close()
await seeded.validator.close()
rmSync(folder, { recursive: true })

const internal = createInternalProtect(issuer.url, '', '', '')
assert.equal(internal.validator.health().status, 'degraded')
await internal.validator.close()
await issuer.close()

import assert from 'node:assert/strict'
import { compareServers } from '../compare.ts'
import { issuer, setting, token } from '../issuers.ts'
import { createMixedApp, createReportingApp } from './server.ts'

const lines: string[] = []
let next = Promise.withResolvers<void>()
const reporting = createReportingApp(setting, (line) => {
  lines.push(line)
  next.resolve()
})
const { differs, same, close } = await compareServers(
  reporting.set('env', 'test'),
  createMixedApp(setting).set('env', 'test'),
)

// Tollgate refuses nothing yet, and reports what it would refuse.
const both = { for: 'alice', old: 'alice' }
await differs('GET /orders', { token }, { body: { for: 'alice' } }, { body: both })
await same('GET /orders', {}, { status: 401 })
assert.deepEqual(lines, [])
const idToken = await issuer.wrongToken('idToken')
await differs('GET /orders', { token: idToken }, { status: 200 }, { status: 401 })
await next.promise
assert.deepEqual(lines, ['401 wrong-token-type'])

// A route that has not moved works as before. A moved route has the scope of Tollgate.
next = Promise.withResolvers<void>()
await differs('GET /stock', { token: idToken }, { status: 404 }, { status: 200, body: { for: 'alice' } })
await next.promise
await differs('GET /orders', { token: await issuer.accessToken() }, { status: 200 }, { status: 403 })
close()

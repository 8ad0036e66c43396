import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { app } from './server.ts'

const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`)
assert.equal(response.status, 401)
assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="api"')
server.close()

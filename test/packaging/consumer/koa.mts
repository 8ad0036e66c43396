import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createProtect, scopes } from '@tollgate/koa'
import { createMockIssuer } from '@tollgate/mock-issuer'
import Koa from 'koa'

const issuer = await createMockIssuer()
const protect = createProtect(issuer.validatorOptions)
const app = new Koa().use(protect(scopes('read'))).use((ctx) => {
  ctx.body = ctx.state.auth.subject
})
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')

const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const token = await issuer.accessToken({ scope: 'read' })
const good = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
assert.equal(await good.text(), 'alice', 'Expected the subject alice')
const bare = await fetch(url)
assert.equal(bare.status, 401, `Expected 401 without a token, got ${bare.status}`)

server.close()
await issuer.close()

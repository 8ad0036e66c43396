import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createProtect, scopes } from '@tollgate/express'
import '@tollgate/express/augment'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express from 'express'

const issuer = await createMockIssuer()
const protect = createProtect(issuer.validatorOptions)
const app = express()
app.get('/', protect(scopes('read')), (req, res) => void res.send(req.auth?.subject))
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')

const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
const token = await issuer.accessToken({ scope: 'read' })
const good = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
assert.equal(good.status, 200, `Expected 200 with a good token, got ${good.status}`)
const subject = await good.text()
assert.equal(subject, 'alice', `Expected the subject alice, got "${subject}"`)
const bare = await fetch(url)
assert.equal(bare.status, 401, `Expected 401 without a token, got ${bare.status}`)

server.close()
await issuer.close()

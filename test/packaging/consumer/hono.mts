import assert from 'node:assert/strict'
import { createProtect, scopes } from '@tollgate/hono'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { Hono } from 'hono'

const issuer = await createMockIssuer()
const protect = createProtect(issuer.validatorOptions)
const app = new Hono().get('/', protect(scopes('read')), (c) => c.text(c.var.auth.subject ?? ''))

const headers = { Authorization: `Bearer ${await issuer.accessToken({ scope: 'read' })}` }
const good = await app.request('/', { headers })
assert.equal(await good.text(), 'alice', 'Expected the subject alice')
const bare = await app.request('/')
assert.equal(bare.status, 401, `Expected 401 without a token, got ${bare.status}`)

await issuer.close()

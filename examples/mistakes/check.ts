import assert from 'node:assert/strict'
import { expectProtected } from '@tollgate/express/testing'
import { createApp, createOpenApp } from './app.ts'

const options = { issuer: 'https://as.example', audience: 'https://api.example.com' }

const routes = await expectProtected(createApp(options), { except: ['/health'] })
assert.deepEqual(routes, ['GET /orders/:id', '/*'])

const error: unknown = await expectProtected(createOpenApp(options)).catch((reason: unknown) => reason)
assert.ok(error instanceof assert.AssertionError)
assert.match(error.message, /GET, HEAD \/orders\/:id responds with 200/)
assert.match(error.message, /DELETE \/reports responds with 204/)

import assert from 'node:assert/strict'
import { handle } from './handler.ts'

const response = await handle(new Request('https://api.example.com/orders'))
assert.equal(response.status, 401)
assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="api", scope="orders:read"')

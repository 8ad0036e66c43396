import { createServer } from 'node:http'
import { createProtect, scopes } from '@tollgate/express'
import { expectProtected } from '@tollgate/express/testing'
import express from 'express'
import { expect, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { send } from '../harness/send.ts'

const trust = { issuer: 'https://as.example', audience: 'https://api.example' }
const wellKnown = '/.well-known/oauth-protected-resource'

test('behind a mounted prefix, the middleware compares the whole path', async () => {
  const protect = createProtect({ ...trust, resource: 'https://api.example/api' })
  const app = express()
  app.use('/api', protect.metadata())
  app.use('/.well-known', protect.metadata())
  const origin = await listen(createServer(app))
  expect((await send(origin, { path: `${wellKnown}/api` })).status).toBe(200)
  expect((await send(origin, { path: `/api${wellKnown}` })).status).toBe(404)
  expect((await send(origin, { path: `/api${wellKnown}/api` })).status).toBe(404)
  expect((await send(origin, { path: wellKnown })).status).toBe(404)
})

test('a request for the metadata never goes on to a handler', async () => {
  const protect = createProtect(trust)
  const app = express()
  app.use(protect(), protect.metadata())
  app.use((_req, res) => void res.send('secret'))
  const origin = await listen(createServer(app))
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'TRACE']) {
    const { status, body } = await send(origin, { path: wellKnown, method })
    expect([method, status, body]).toEqual([method, expect.any(Number), expect.not.stringContaining('secret')])
  }
  const elsewhere = await send(origin, { path: `${wellKnown}/x` })
  expect(elsewhere.status).toBe(401)
})

test('an app with metadata is protected', async () => {
  const protect = createProtect(trust)
  const app = express()
  app.use(protect.metadata())
  app.use(protect())
  app.get('/items', protect(scopes('read')), (_req, res) => void res.json([]))
  expect(await expectProtected(app)).toEqual(['GET /items', '/*'])
})

test('a resource without a URL has no metadata', () => {
  expect(() => createProtect({ ...trust, audience: 'orders' }).metadata()).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
  )
})

import tollgate from '@tollgate/fastify'
import { expect, test } from 'vitest'
import { invalidOption, openApp, serve } from './app.ts'

const trust = { issuer: 'https://as.example', audience: 'https://api.example' }
const wellKnown = '/.well-known/oauth-protected-resource'

test('a scope with a prefix serves its metadata at the well-known path', async () => {
  const app = openApp()
  await app.register(
    async (scope) => {
      await scope.register(tollgate, { ...trust, resource: 'https://api.example/mcp' })
      scope.addHook('onRequest', scope.protect.metadata())
      scope.get('/', { onRequest: scope.protect() }, async () => 'secret')
    },
    { prefix: '/mcp' },
  )
  app.get('/open', async () => 'open')
  const request = await serve(app)
  expect((await request(`${wellKnown}/mcp`)).status).toBe(200)
  expect((await request(`/mcp${wellKnown}/mcp`)).status).toBe(404)
  expect((await request(wellKnown)).status).toBe(404)
  expect((await request('/mcp')).status).toBe(401)
  expect((await request('/open')).status).toBe(200)
})

test('a request for the metadata never goes on to a handler', async () => {
  const app = openApp()
  await app.register(tollgate, trust)
  app.addHook('onRequest', app.protect())
  app.addHook('onRequest', app.protect.metadata())
  app.all('/*', async () => 'secret')
  const request = await serve(app)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
    expect((await request(wellKnown, { method })).body).not.toContain('secret')
  }
  expect((await request(`${wellKnown}/`)).status).toBe(401)
})

test('the hook of the metadata does not protect a route', async () => {
  const app = openApp()
  await app.register(tollgate, trust)
  const mistake = expect.objectContaining(invalidOption)
  expect(() => app.addHook('onSend', app.protect.metadata() as never)).toThrow(mistake)
  expect(() => app.addHook('onRequest', app.protect.metadata as never)).toThrow(mistake)
  expect(() => app.get('/', app.protect.metadata() as never)).toThrow(mistake)
  const options = { config: { auth: false }, onRequest: app.protect.metadata() } as const
  app.get('/public', options, async () => 'public')
  expect((await (await serve(app))('/public')).status).toBe(200)
})

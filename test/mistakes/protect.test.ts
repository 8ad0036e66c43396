import { Router } from '@koa/router'
import { createProtect as createExpressProtect, scopes } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as createKoaProtect } from '@tollgate/koa'
import type { RequestHandler } from 'express'
import type { FastifyInstance } from 'fastify'
import type { Middleware } from 'koa'
import { describe, expect, test } from 'vitest'
import { serve as serveExpress, versions as expressVersions } from '../express/versions.ts'
import { openApp, serve as serveFastify } from '../fastify/app.ts'
import { serve as serveKoa, versions as koaVersions } from '../koa/versions.ts'
import { trust } from '../testing/faults.ts'

const invalidOption = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }

describe.each(expressVersions)('%s', (_version, express) => {
  const protect = createExpressProtect(trust)
  const respond: RequestHandler = (_req, res) => void res.send('secret')
  const uncalled = [
    ['protect', protect],
    ['protect.optional', protect.optional],
    ['protect.auth', protect.auth],
  ] as const

  test.each(uncalled)('a route behind %s without a call is closed', async (_name, mistake) => {
    const layer = mistake as unknown as RequestHandler
    const app = express().set('env', 'test')
    app.get('/route', layer, respond).use('/layer', layer).get('/layer', respond)
    app.all('/all', [layer], respond)
    const send = await serveExpress(app)
    const statuses = await Promise.all(['/route', '/layer', '/all'].map(async (path) => (await send(path)).status))
    expect(statuses).toEqual([500, 500, 500])
  })

  test('a guard as a layer throws a TypeError', () => {
    expect(() => express().use(scopes('read') as never)).toThrow(TypeError)
    expect(() => express().get('/', scopes('read') as never, respond)).toThrow()
  })

  test('protect.auth of a route without protection is closed', async () => {
    const app = express().set('env', 'test')
    app.get('/', (req, res) => void res.send(protect.auth(req).subject))
    expect((await (await serveExpress(app))('/')).status).toBe(500)
  })
})

describe.each(koaVersions)('%s', (_version, Koa) => {
  const protect = createKoaProtect(trust)
  const respond: Middleware = (ctx) => {
    ctx.body = 'secret'
  }
  const uncalled = [
    ['protect', protect],
    ['protect.optional', protect.optional],
    ['protect.auth', protect.auth],
  ] as const

  test.each(uncalled)('a route behind %s without a call is closed', async (_name, mistake) => {
    const layer = mistake as unknown as Middleware
    const router = new Router().get('/route', layer, respond).use('/layer', layer).get('/layer', respond)
    const app = new Koa()
    app.silent = true
    const { send } = await serveKoa(app.use(router.routes()))
    const whole = new Koa()
    whole.silent = true
    const sendToWhole = (await serveKoa(whole.use(layer).use(respond))).send
    const responses = await Promise.all([send('/route'), send('/layer'), sendToWhole('/')])
    expect(responses.map(({ status }) => status)).toEqual([500, 500, 500])
  })

  test('a guard as a layer throws a TypeError', () => {
    expect(() => new Koa().use(scopes('read') as never)).toThrow(TypeError)
  })

  test('protect.auth of a route without protection is closed', async () => {
    const app = new Koa()
    app.silent = true
    app.use((ctx) => {
      ctx.body = protect.auth(ctx).subject
    })
    expect((await (await serveKoa(app)).send('/')).status).toBe(500)
  })
})

describe('Fastify', () => {
  async function openProtected(): Promise<FastifyInstance> {
    const app = openApp()
    await app.register(tollgate, trust)
    return app
  }
  const late = ['preSerialization', 'onSend', 'onResponse', 'onError', 'onTimeout', 'onRequestAbort'] as const

  test.each(late)('app.protect(…) as %s of a route throws a TypeError', async (hook) => {
    const app = await openProtected()
    const route = { method: 'GET', url: '/', handler: async () => 'secret', [hook]: app.protect() } as const
    expect(() => app.route(route)).toThrow(expect.objectContaining(invalidOption) as Error)
  })

  const misplaced: Readonly<Record<string, (app: FastifyInstance) => object>> = {
    'a hook in a misspelt option': (app) => ({ onrequest: app.protect() }),
    'hooks in an option of former versions': (app) => ({ beforeHandler: [app.protect()] }),
    'a hook in the schema': (app) => ({ schema: { preHandler: app.protect() } }),
    'a hook in the config': (app) => ({ config: { onRequest: app.protect() } }),
    'a hook that is not called': (app) => ({ protect: app.protect }),
    'a guard beside the config': () => ({ auth: scopes('read') }),
    'guards in a misspelt config': () => ({ config: { auht: [scopes('read')] } }),
  }
  test.each(Object.entries(misplaced))('%s of a route throws a TypeError', async (_mistake, optionsFor) => {
    const app = await openProtected()
    expect(() => app.get('/', optionsFor(app), async () => 'secret')).toThrow(
      expect.objectContaining(invalidOption) as Error,
    )
  })

  test('app.protect(…) beside a config that makes the route public throws a TypeError', async () => {
    const app = await openProtected()
    const route = { onRequest: app.protect(), config: { auth: false } }
    expect(() => app.get('/', route, async () => 'secret')).toThrow(expect.objectContaining(invalidOption) as Error)
  })

  test('a guard as a hook throws an error', async () => {
    const app = await openProtected()
    expect(() => app.get('/', { onRequest: scopes('read') as never }, async () => 'secret')).toThrow()
    app.addHook('onRequest', scopes('read') as never)
    await expect(app.ready()).rejects.toThrow(Error)
  })

  test('app.auth of a route without protection is closed', async () => {
    const app = await openProtected()
    app.get('/', async (request) => app.auth(request).subject)
    expect((await (await serveFastify(app))('/')).status).toBe(500)
  })
})

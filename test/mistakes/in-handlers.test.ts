import { createValidator, type Validator } from '@tollgate/core'
import { createProtect as createExpressProtect, type Protect } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as createKoaProtect } from '@tollgate/koa'
import { describe, expect, test } from 'vitest'
import { serve as serveExpress, versions as expressVersions } from '../express/versions.ts'
import { openApp, serve as serveFastify } from '../fastify/app.ts'
import { serve as serveKoa, versions as koaVersions } from '../koa/versions.ts'
import { trust } from '../testing/faults.ts'

interface Protects {
  (): unknown
  readonly optional: () => unknown
}

/** What a handler does instead of being behind the protection. */
const mistakes: Readonly<Record<string, (protect: Protects) => unknown>> = {
  'calls protect()': (protect) => void protect(),
  'calls protect.optional()': (protect) => void protect.optional(),
  'awaits protect()': async (protect) => {
    await protect()
  },
  'returns protect()': async (protect) => protect(),
}

describe.each(Object.entries(mistakes))('a handler that %s is closed', (_mistake, run) => {
  test.each(expressVersions)('in %s', async (_version, express) => {
    const protect = createExpressProtect(trust)
    const app = express().set('env', 'test')
    app.get('/', async (_req, res, next) => {
      try {
        await run(protect)
        res.send('secret')
      } catch (error) {
        next(error)
      }
    })
    expect((await (await serveExpress(app))('/')).status).toBe(500)
  })

  test.each(koaVersions)('in %s', async (_version, Koa) => {
    const protect = createKoaProtect(trust)
    const app = new Koa()
    app.silent = true
    app.use(async (ctx) => {
      await run(protect)
      ctx.body = 'secret'
    })
    expect((await (await serveKoa(app)).send('/')).status).toBe(500)
  })
})

// In Fastify, expectProtected finds the calls whose result is lost (test/testing/fastify.test.ts).
test.each(['awaits protect()', 'returns protect()'])('a handler that %s is closed in Fastify', async (mistake) => {
  const app = openApp()
  await app.register(tollgate, trust)
  app.get('/', async () => {
    await mistakes[mistake]?.(app.protect)
    return 'secret'
  })
  expect((await (await serveFastify(app))('/')).status).toBe(500)
})

test('to await the middleware at start-up is a TypeError, too', async () => {
  const awaited = async (protect: Protect): Promise<void> => {
    await (protect() as unknown as Promise<void>)
  }
  await expect(awaited(createExpressProtect(trust))).rejects.toThrow(TypeError)
})

test.each<readonly [string, (validator: Validator) => unknown]>([
  ['Express', (validator) => createExpressProtect(validator)],
  ['Koa', (validator) => createKoaProtect(validator)],
])('a wrapper of authenticate alone is a TypeError in %s', (_framework, createProtect) => {
  const wrapper = { ...createValidator(trust), authenticate: async () => Promise.reject(new Error('refused')) }
  expect(() => void createProtect(wrapper)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error)
})

test('a wrapper of authenticate alone is a TypeError in Fastify', async () => {
  const validator = { ...createValidator(trust), authenticate: async () => Promise.reject(new Error('refused')) }
  await expect(openApp().register(tollgate, { validator })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
})

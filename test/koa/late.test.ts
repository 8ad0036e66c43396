import { PassThrough } from 'node:stream'
import { createProtect, defineGuard, Refusal } from '@tollgate/koa'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

describe.each(versions)('%s', (_name, Koa) => {
  test.each([
    ['a text', () => '<p>for nobody</p>'],
    ['a buffer', () => Buffer.from('for nobody')],
    ['an object', () => ({ for: 'nobody' })],
    ['null', () => null],
  ])('a refusal takes the place of a body that is already set: %s', async (_what, bodyOf) => {
    const issuer = await openIssuer()
    const app = new Koa().use((ctx, next) => {
      ctx.body = bodyOf()
      return next()
    })
    const { send, errors } = await serve(app.use(createProtect(issuer.validatorOptions)()))
    const { status, headers, challenges, body } = await send('/')
    expect([status, challenges, body]).toEqual([401, ['Bearer realm="api"'], '{}'])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '2' })
    expect(errors).toEqual([])
  })

  test.each(['respond', 'throw'] as const)(
    'errors: %j take the place of a stream that is already set',
    async (refusals) => {
      const issuer = await openIssuer()
      const stream = new PassThrough()
      const app = new Koa().use((ctx, next) => {
        ctx.body = stream.end('for nobody')
        ctx.length = 10
        return next()
      })
      const { send } = await serve(app.use(createProtect({ ...issuer.validatorOptions, errors: refusals })()))
      const { status, challenges, body } = await send('/')
      expect([status, challenges]).toEqual([401, ['Bearer realm="api"']])
      expect(body).not.toContain('nobody')
      await expect.poll(() => stream.destroyed).toBe(true)
    },
  )

  test.each(['respond', 'throw'] as const)(
    'ctx.respond = false leaves no request with refusals: %j unanswered',
    async (refusals) => {
      const issuer = await openIssuer()
      const protect = createProtect({ ...issuer.validatorOptions, errors: refusals })
      const app = new Koa().use((ctx, next) => {
        ctx.respond = false
        return next()
      })
      const { send, errors } = await serve(app.use(protect()).use((ctx) => void ctx.res.writeHead(200).end('by hand')))
      const { status, challenges } = await send('/')
      expect([status, challenges]).toEqual([401, ['Bearer realm="api"']])
      expect(errors).toHaveLength(refusals === 'throw' ? 1 : 0)
      expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('by hand')
    },
  )

  test('a middleware that set ctx.respond = false may write over the refusal', async () => {
    const issuer = await openIssuer()
    const app = new Koa().use(async (ctx, next) => {
      ctx.respond = false
      await next()
      ctx.res.end(`by hand, ${ctx.status}`)
    })
    const { send, errors } = await serve(app.use(createProtect(issuer.validatorOptions)()))
    for (const path of ['/', '/again']) {
      expect(await send(path)).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'] })
    }
    expect(errors).toEqual([])
  })

  test.each(['respond', 'throw'] as const)(
    'errors: %j that come when headers are sent are for the app',
    async (refusals) => {
      const issuer = await openIssuer()
      let handled = 0
      const app = new Koa().use(async (ctx, next) => {
        ctx.res.writeHead(202).write('begun, ')
        try {
          await next()
        } finally {
          ctx.res.end('ended')
        }
      })
      app.use(createProtect({ ...issuer.validatorOptions, errors: refusals })()).use(() => void (handled += 1))
      const { send, errors } = await serve(app)
      for (const path of ['/', '/again']) {
        expect(await send(path)).toMatchObject({ status: 202, challenges: [], body: 'begun, ended' })
      }
      expect(handled).toBe(0)
      expect(errors).toEqual([expect.any(Refusal), expect.any(Refusal)])
      expect(errors).toMatchObject([{ reason: 'no-credentials' }, { reason: 'no-credentials' }])
    },
  )

  test('a refusal that comes after the deadline of the app changes nothing', async () => {
    const issuer = await openIssuer()
    const answered = Promise.withResolvers<undefined>()
    const judged = Promise.withResolvers<unknown>()
    const refusing = defineGuard({ check: () => answered.promise.then(() => new Refusal({ reason: 'too-late' })) })
    const protect = createProtect(issuer.validatorOptions)(refusing)
    const app = new Koa().use(async (ctx, next) => {
      const judging = next()
      judging.catch(judged.resolve)
      await Promise.race([judging, new Promise(setImmediate)])
      ctx.status = 504
    })
    const { send, errors } = await serve(app.use(protect))
    expect((await send('/', bearer(await issuer.accessToken()))).status).toBe(504)
    answered.resolve(undefined)
    expect(await judged.promise).toMatchObject({ reason: 'too-late' })
    expect((await send('/')).status).toBe(504)
    expect(errors).toEqual([])
  })
})

/** Responses that Koa has begun, and errors of handlers behind the protection. */
import { PassThrough } from 'node:stream'
import { createProtect, defineGuard, Refusal } from '@tollgate/koa'
import type Koa from 'koa'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './versions.ts'

const modes = ['respond', 'throw'] as const

describe.each(versions)('%s', (_name, KoaOfVersion) => {
  test.each([
    ['a string', () => '<p>for nobody</p>'],
    ['a buffer', () => Buffer.from('for nobody')],
    ['an object', () => ({ for: 'nobody' })],
    ['null', () => null],
  ])('a refusal replaces a body that is already set: %s', async (_what, bodyOf) => {
    const issuer = await openIssuer()
    const app = new KoaOfVersion().use((ctx, next) => {
      ctx.body = bodyOf()
      return next()
    })
    const { send, errors } = await serve(app.use(createProtect(issuer.validatorOptions)()))
    const { status, headers, challenges, body } = await send('/')
    expect([status, challenges, body]).toEqual([401, ['Bearer realm="api"'], '{}'])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '2' })
    expect(errors).toEqual([])
  })

  test.each(modes)('errors: %j replaces and destroys a stream that is already set', async (errors) => {
    const issuer = await openIssuer()
    const stream = new PassThrough()
    const app = new KoaOfVersion().use((ctx, next) => {
      ctx.body = stream.end('for nobody')
      ctx.length = 10
      return next()
    })
    const { send } = await serve(app.use(createProtect({ ...issuer.validatorOptions, errors })()))
    const { status, challenges, body } = await send('/')
    expect([status, challenges]).toEqual([401, ['Bearer realm="api"']])
    expect(body).not.toContain('nobody')
    await expect.poll(() => stream.destroyed).toBe(true)
  })

  test.each(modes)('with ctx.respond = false, errors: %j still responds to a refused request', async (errors) => {
    const issuer = await openIssuer()
    const app = new KoaOfVersion().use((ctx, next) => {
      ctx.respond = false
      return next()
    })
    app.use(createProtect({ ...issuer.validatorOptions, errors })())
    const { send } = await serve(app.use((ctx) => void ctx.res.writeHead(200).end('by hand')))
    const { status, challenges } = await send('/')
    expect([status, challenges]).toEqual([401, ['Bearer realm="api"']])
    expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('by hand')
  })

  test.each(modes)('a refusal after the headers were sent is an error of the app, with errors: %j', async (errors) => {
    const issuer = await openIssuer()
    let handled = 0
    const app = new KoaOfVersion().use(async (ctx, next) => {
      ctx.res.writeHead(202).write('begun, ')
      await next().finally(() => ctx.res.end('ended'))
    })
    app.use(createProtect({ ...issuer.validatorOptions, errors })()).use(() => void (handled += 1))
    const served = await serve(app)
    expect(await served.send('/')).toMatchObject({ status: 202, challenges: [], body: 'begun, ended' })
    expect(handled).toBe(0)
    expect(served.errors).toEqual([expect.any(Refusal)])
    expect(served.errors).toMatchObject([{ reason: 'no-credentials' }])
  })

  test('a refusal after the app has responded changes nothing', async () => {
    const issuer = await openIssuer()
    const responded = Promise.withResolvers<undefined>()
    const rejected = Promise.withResolvers<unknown>()
    const late = defineGuard({ check: () => responded.promise.then(() => new Refusal({ reason: 'too-late' })) })
    const app = new KoaOfVersion().use(async (ctx, next) => {
      const behind = next()
      behind.catch(rejected.resolve)
      await Promise.race([behind, new Promise(setImmediate)])
      ctx.status = 504
    })
    const { send, errors } = await serve(app.use(createProtect(issuer.validatorOptions)(late)))
    expect((await send('/', bearer(await issuer.accessToken()))).status).toBe(504)
    responded.resolve(undefined)
    expect(await rejected.promise).toMatchObject({ reason: 'too-late' })
    expect(errors).toEqual([])
  })

  async function openHandler(handler: Koa.Middleware) {
    const issuer = await openIssuer()
    const app = new KoaOfVersion().use(createProtect(issuer.validatorOptions)()).use(handler)
    const { send, errors } = await serve(app)
    const good = bearer(await issuer.accessToken())
    return { errors, send: async () => send('/', good) }
  }

  test('an error or a 401 of a handler is left to Koa', async () => {
    const mistake = new Error('mine')
    const failing = await openHandler(() => Promise.reject(mistake))
    expect(await failing.send()).toMatchObject({ status: 500, challenges: [] })
    expect(failing.errors).toEqual([mistake])
    const thrown = await openHandler((ctx) => ctx.throw(401, 'the second factor, please'))
    expect(await thrown.send()).toMatchObject({ status: 401, challenges: [], body: 'the second factor, please' })
    const set = await openHandler((ctx) => {
      ctx.status = 401
      ctx.set('WWW-Authenticate', 'Basic realm="mine"')
      ctx.body = 'mine'
    })
    expect(await set.send()).toMatchObject({ status: 401, challenges: ['Basic realm="mine"'], body: 'mine' })
  })

  test('a Refusal that a handler throws is left to Koa', async () => {
    const refusal = new Refusal({ code: 'invalid_token', reason: 'of-another-validator' })
    const { send, errors } = await openHandler(() => Promise.reject(refusal))
    expect(await send()).toMatchObject({ status: 401, headers: { 'content-type': 'text/plain; charset=utf-8' } })
    expect(errors).toEqual([refusal])
  })

  test('the middleware behind the protection runs once and in order', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const order: string[] = []
    const app = new KoaOfVersion().use(async (_ctx, next) => {
      await next()
      order.push('in front')
    })
    app.use(protect()).use(async (_ctx, next) => {
      await next()
      order.push('behind')
    })
    app.use(async (ctx) => {
      await new Promise(setImmediate)
      ctx.body = protect.auth(ctx).subject
      order.push('handler')
    })
    const { send } = await serve(app)
    expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('alice')
    expect((await send('/')).status).toBe(401)
    expect(order).toEqual(['handler', 'behind', 'in front', 'in front'])
  })

  test("with errors: 'throw' Koa prints outages and no refusals, and its response does not name the issuer", async () => {
    const issuer = await openIssuer()
    const url = 'http://127.0.0.1:8'
    const protect = createProtect({ issuer: url, audience, errors: 'throw', clock: issuer.clock })
    const app = new KoaOfVersion().use(protect())
    const print = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => print.mockRestore())
    app.on('error', (error) => app.onerror(error))
    const { send } = await serve(app)
    expect((await send('/')).status).toBe(401)
    expect(print).not.toHaveBeenCalled()
    const { status, body } = await send('/', bearer(await issuer.accessToken({ iss: url })))
    expect([status, body.includes('127.0.0.1')]).toEqual([503, false])
    expect(print).toHaveBeenCalledOnce()
  })
})

import { createProtect, Refusal } from '@tollgate/koa'
import type Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

describe.each(versions)('%s', (_name, KoaOfVersion) => {
  async function behindProtection(handler: Koa.Middleware) {
    const issuer = await openIssuer()
    const app = new KoaOfVersion().use(createProtect(issuer.validatorOptions)()).use(handler)
    const { send, errors } = await serve(app)
    return { issuer, errors, send: async () => send('/', bearer(await issuer.accessToken())) }
  }

  test('the error of a handler stays the app’s own', async () => {
    const mistake = new Error('mine')
    const { send, errors } = await behindProtection(() => Promise.reject(mistake))
    const { status, challenges } = await send()
    expect([status, challenges]).toEqual([500, []])
    expect(errors).toEqual([mistake])
    expect(errors[0]).toBe(mistake)
  })

  test('a 401 of a handler is answered by Koa, without a challenge of ours', async () => {
    const { send, errors } = await behindProtection((ctx) => ctx.throw(401, 'the second factor, please'))
    const { status, challenges, headers, body } = await send()
    expect([status, challenges, body]).toEqual([401, [], 'the second factor, please'])
    expect(headers['content-type']).toContain('text/plain')
    expect(errors).toMatchObject([{ status: 401 }])
  })

  test('a 401 that a handler sets is left as it is', async () => {
    const { send, errors } = await behindProtection((ctx) => {
      ctx.status = 401
      ctx.set('WWW-Authenticate', 'Basic realm="mine"')
      ctx.body = 'mine'
    })
    expect(await send()).toMatchObject({ status: 401, challenges: ['Basic realm="mine"'], body: 'mine' })
    expect(errors).toEqual([])
  })

  test('a Refusal that a handler throws is not answered by the protection in front', async () => {
    const refusal = new Refusal({ code: 'invalid_token', reason: 'of-another-validator' })
    const { send, errors } = await behindProtection(() => {
      throw refusal
    })
    const { status, headers } = await send()
    expect([status, headers['content-type']]).toEqual([401, 'text/plain; charset=utf-8'])
    expect(errors).toHaveLength(1)
    expect(errors[0]).toBe(refusal)
  })

  test('what another protection throws behind is not answered by the one in front', async () => {
    const issuer = await openIssuer()
    const answering = createProtect(issuer.validatorOptions)
    const throwing = createProtect({ ...issuer.validatorOptions, audience: 'https://inner.example', errors: 'throw' })
    const { send, errors } = await serve(new KoaOfVersion().use(answering()).use(throwing()))
    const { status, challenges, headers } = await send('/', bearer(await issuer.accessToken({ aud: audience })))
    expect([status, challenges.length, headers['content-type']]).toEqual([401, 1, 'text/plain; charset=utf-8'])
    expect(errors).toMatchObject([{ reason: 'wrong-audience' }])
  })

  test('a handler that goes on reaches what comes next, once', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const order: string[] = []
    const app = new KoaOfVersion().use(async (_ctx, next) => {
      await next()
      order.push('in front')
    })
    app.use(protect()).use(async (ctx, next) => {
      ctx.body = 'first'
      await next()
      order.push('handler')
    })
    app.use(async (ctx) => {
      await new Promise(setImmediate)
      ctx.body = `${ctx.body} and ${protect.auth(ctx).subject}`
      order.push('last')
    })
    const { send } = await serve(app)
    expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('first and alice')
    expect(order).toEqual(['last', 'handler', 'in front'])
    order.length = 0
    expect((await send('/')).status).toBe(401)
    expect(order).toEqual(['in front'])
  })

  test('a handler that goes on twice is a 500 and runs nothing twice', async () => {
    let handled = 0
    const { send, errors } = await behindProtection(async (ctx, next) => {
      handled += 1
      ctx.body = 'first'
      await next()
      await next()
    })
    expect((await send()).status).toBe(500)
    expect([handled, errors.length]).toEqual([1, 1])
  })
})

import { createServer } from 'node:http'
import { Router } from '@koa/router'
import { active, createProtect, createValidator, defineGuard, scopes } from '@tollgate/koa'
import { createProtect as createProtectOfExpress } from '@tollgate/express'
import express from 'express'
import mount from 'koa-mount'
import { describe, expect, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { send as sendTo } from '../harness/send.ts'
import { bearer, openIntrospected, serve, versions } from './serving.ts'

const innerAudience = 'https://inner.example'

describe.each(versions)('%s', (_name, Koa) => {
  test('what one layer has heard of the authorization server counts in the next', async () => {
    const { issuer, options } = await openIntrospected()
    const protect = createProtect(options)
    const router = new Router()
    router.get('/admin/users', protect(scopes('admin')), (ctx) => void (ctx.body = protect.auth(ctx).subject))
    const app = new Koa().use(mount('/admin', protect(active({ within: '0s' })))).use(router.routes())
    const { send } = await serve(app)
    const token = 'opaque'
    await issuer.opaqueToken({ scope: 'admin' }, { token })
    expect((await send('/admin/users', bearer(token))).status).toBe(200)
    await issuer.opaqueToken({ scope: 'read' }, { token })
    issuer.clock.advance('1s')
    expect((await send('/admin/users', bearer(token))).status).toBe(403)
  })

  test('an app that goes on after a refusal does not bring an older verdict back', async () => {
    const { issuer, options } = await openIntrospected()
    const protect = createProtect({ ...options, errors: 'throw' })
    const app = new Koa().use(protect())
    app.use((ctx, next) => protect(active({ within: '0s' }))(ctx, async () => undefined).then(next, next))
    app.use(protect()).use((ctx) => void (ctx.body = protect.auth(ctx).subject))
    const { send, errors } = await serve(app)
    const token = 'opaque'
    await issuer.opaqueToken({}, { token })
    expect((await send('/', bearer(token))).status).toBe(200)
    issuer.revoke(token)
    issuer.clock.advance('1s')
    expect((await send('/', bearer(token))).status).toBe(401)
    expect(errors).toMatchObject([{ reason: 'inactive' }])
  })

  test('a slower layer does not bring an older verdict back', async () => {
    const { issuer, options } = await openIntrospected()
    const protect = createProtect({ ...options, errors: 'throw' })
    let judgedAnew = Promise.withResolvers<undefined>()
    const slow = defineGuard({ check: () => judgedAnew.promise })
    const app = new Koa().use(protect())
    app.use(async (ctx, next) => {
      judgedAnew = Promise.withResolvers()
      const slower = protect(slow)(ctx, () => protect(scopes('admin'))(ctx, next))
      await protect(active({ within: '0s' }))(ctx, async () => judgedAnew.resolve(undefined))
      await slower
    })
    app.use((ctx) => void (ctx.body = 'admin'))
    const { send, errors } = await serve(app)
    const token = 'opaque'
    await issuer.opaqueToken({ scope: 'admin' }, { token })
    expect((await send('/', bearer(token))).status).toBe(200)
    await issuer.opaqueToken({ scope: 'read' }, { token })
    issuer.clock.advance('1s')
    expect((await send('/', bearer(token))).status).toBe(403)
    expect(errors).toMatchObject([{ reason: 'missing-scope' }])
  })

  test('protection twice on one request judges the token once', async () => {
    const issuer = await openIssuer()
    const validator = createValidator(issuer.validatorOptions)
    let authenticated = 0
    const authenticateOptional: typeof validator.authenticateOptional = (request) => {
      authenticated += 1
      return validator.authenticateOptional(request)
    }
    const protect = createProtect({ ...validator, authenticateOptional })
    const router = new Router().use(protect())
    router.get('/', protect(), protect(scopes('read')), (ctx) => void (ctx.body = protect.auth(ctx).subject))
    const inner = new Koa().use(protect.optional()).use(router.routes())
    const { send } = await serve(new Koa().use(protect()).use(mount('/inner', inner)))
    expect((await send('/inner', bearer(await issuer.accessToken({ scope: 'read' })))).body).toBe('alice')
    expect(authenticated).toBe(1)
    expect((await send('/inner', bearer(await issuer.accessToken()))).status).toBe(403)
    expect(authenticated).toBe(2)
  })

  test('a sub-app of another audience makes its own judgement', async () => {
    const issuer = await openIssuer()
    const outer = createProtect(issuer.validatorOptions)
    const inner = createProtect({ ...issuer.validatorOptions, audience: innerAudience })
    const subjects: unknown[] = []
    const sub = new Koa().use(inner()).use((ctx) => {
      ctx.body = [inner.auth(ctx) === ctx.state.auth, inner.auth(ctx) === outer.auth(ctx)]
    })
    const app = new Koa().use(outer()).use(async (ctx, next) => {
      await next()
      subjects.push(outer.auth(ctx).subject)
    })
    app.use(mount('/inner', sub)).use((ctx) => void (ctx.body = inner.auth(ctx)))
    const { send, errors } = await serve(app)
    expect((await send('/inner', bearer(await issuer.accessToken()))).status).toBe(401)
    expect((await send('/inner', bearer(await issuer.accessToken({ aud: innerAudience })))).status).toBe(401)
    const both = bearer(await issuer.accessToken({ aud: [audience, innerAudience] }))
    expect((await send('/inner', both)).body).toBe('[true,false]')
    expect(subjects).toEqual(['alice', 'alice'])
    // Outside of the sub-app its protection has admitted nobody.
    expect((await send('/', both)).status).toBe(500)
    expect(errors).toEqual([expect.any(TypeError)])
  })

  test('an app in Express makes its own judgement, of the path that Express left it', async () => {
    const issuer = await openIssuer()
    const outer = createProtectOfExpress(issuer.validatorOptions)
    const inner = createProtect({ ...issuer.validatorOptions, audience: innerAudience })
    const urls: string[] = []
    const noting = defineGuard({ check: (_token, { request }) => void urls.push(request.url) })
    const app = new Koa().use(inner(noting)).use((ctx) => void (ctx.body = inner.auth(ctx).audience))
    const outerApp = express().use('/koa', app.callback()).use('/both', outer(), app.callback())
    const origin = await listen(createServer(outerApp))
    const statusOf = async (path: string, aud: readonly string[]): Promise<number> =>
      (await sendTo(origin, { path, ...bearer(await issuer.accessToken({ aud })) })).status
    expect((await sendTo(origin, { path: '/koa/items' })).challenges).toEqual(['Bearer realm="api"'])
    expect(await statusOf('/koa/items', [audience])).toBe(401)
    expect(await statusOf('/both/items', [audience])).toBe(401)
    expect(await statusOf('/both/items', [innerAudience])).toBe(401)
    expect(urls).toEqual([])
    expect(await statusOf('/koa/items', [innerAudience])).toBe(200)
    expect(await statusOf('/both/items', [audience, innerAudience])).toBe(200)
    expect(urls).toEqual(['/items', '/items'])
  })
})

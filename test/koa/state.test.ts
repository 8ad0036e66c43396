import { Router } from '@koa/router'
import { createProtect } from '@tollgate/koa'
import mount from 'koa-mount'
import { describe, expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

const mallory = { subject: 'mallory' }

describe.each(versions)('%s', (_name, Koa) => {
  test('ctx.state.auth and protect.auth are the one token of the request', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new Koa().use(protect())
    app.use((ctx) => {
      const token = protect.auth(ctx)
      const isSame = ctx.state.auth === token && protect.optional.auth(ctx) === token
      ctx.body = { isSame, subject: token.subject, audience: token.audience }
    })
    const { send } = await serve(app)
    const { body } = await send('/', bearer(await issuer.accessToken()))
    expect(JSON.parse(body)).toEqual({ isSame: true, subject: 'alice', audience: [audience] })
  })

  test('optional protection lets through who brings nothing, and refuses who brings something bad', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new Koa().use(protect.optional())
    app.use((ctx) => {
      ctx.body = { has: 'auth' in ctx.state, by: [ctx.state.auth?.subject, protect.optional.auth(ctx)?.subject] }
    })
    const { send } = await serve(app)
    expect(JSON.parse((await send('/')).body)).toEqual({ has: true, by: [null, null] })
    const good = bearer(await issuer.accessToken())
    expect(JSON.parse((await send('/', good)).body)).toEqual({ has: true, by: ['alice', 'alice'] })
    const { status, challenges } = await send('/', bearer('nonsense'))
    expect([status, challenges.length]).toEqual([401, 1])
    expect(challenges[0]).toContain('error="invalid_token"')
  })

  test('to ask for a token where nothing protects is a mistake that shows', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const router = new Router()
    router.get('/unguarded', (ctx) => void (ctx.body = protect.auth(ctx)))
    router.get('/unguarded/optional', (ctx) => void (ctx.body = protect.optional.auth(ctx)))
    router.get('/optional', protect.optional(), (ctx) => void (ctx.body = protect.auth(ctx)))
    const { send, errors } = await serve(new Koa().use(router.routes()))
    const good = bearer(await issuer.accessToken())
    for (const [path, sent] of [
      ['/unguarded', good],
      ['/unguarded/optional', good],
      ['/optional', {}],
    ] as const) {
      const { status, challenges } = await send(path, sent)
      expect([status, challenges], path).toEqual([500, []])
      expect(errors.at(-1), path).toBeInstanceOf(TypeError)
    }
    expect((await send('/optional', good)).status).toBe(200)
    expect(errors).toHaveLength(3)
  })

  test('what another middleware put into ctx.state.auth is neither believed nor left there', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const router = new Router()
    router.get('/unguarded', (ctx) => void (ctx.body = protect.auth(ctx)))
    router.get('/unguarded/optional', (ctx) => void (ctx.body = protect.optional.auth(ctx)))
    router.get('/optional', protect.optional(), (ctx) => void (ctx.body = { auth: ctx.state.auth }))
    router.get('/protected', protect(), (ctx) => void (ctx.body = { auth: ctx.state.auth.subject }))
    const app = new Koa().use((ctx, next) => {
      Object.assign(ctx.state, { auth: mallory })
      return next()
    })
    const { send } = await serve(app.use(router.routes()))
    expect((await send('/unguarded')).status).toBe(500)
    expect((await send('/unguarded/optional')).status).toBe(500)
    expect((await send('/optional')).body).toBe('{}')
    expect((await send('/protected')).status).toBe(401)
    expect((await send('/protected', bearer(await issuer.accessToken()))).body).toBe('{"auth":"alice"}')
  })

  test('a middleware behind may put away or forge the state: protect.auth goes by what was judged', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new Koa().use(protect())
    app.use((ctx, next) => {
      Object.assign(ctx, { state: ctx.path === '/forged' ? { auth: mallory } : {} })
      return next()
    })
    app.use((ctx) => void (ctx.body = [ctx.state.auth?.subject, protect.auth(ctx).subject]))
    const { send } = await serve(app)
    const good = bearer(await issuer.accessToken())
    expect((await send('/forged', good)).body).toBe('["mallory","alice"]')
    expect((await send('/emptied', good)).body).toBe('[null,"alice"]')
  })

  test.each([
    ['frozen', () => Object.freeze({})],
    ['with a fixed auth', () => Object.defineProperty({}, 'auth', { value: mallory })],
    ['absent', () => undefined],
  ])('a state that takes no token, %s, lets nobody through', async (_what, stateOf) => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    let handled = 0
    const app = new Koa().use((ctx, next) => {
      ctx.state = stateOf()
      return next()
    })
    app.use(mount('/optional', protect.optional())).use(mount('/demanded', protect()))
    app.use((ctx) => {
      handled += 1
      ctx.body = 'ok'
    })
    const { send, errors } = await serve(app)
    expect((await send('/demanded', bearer(await issuer.accessToken()))).status).toBe(500)
    expect((await send('/optional')).status).toBe(500)
    expect(handled).toBe(0)
    expect(errors).toEqual([expect.any(TypeError), expect.any(TypeError)])
  })
})

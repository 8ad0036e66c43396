/** How the adapter reads a Koa context, and what it sets there. */
import { bodyParser } from '@koa/bodyparser'
import { createProtect, type Protect } from '@tollgate/koa'
import type Koa from 'koa'
import mount from 'koa-mount'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { bearer, serve, versions } from './versions.ts'

const mallory = { subject: 'mallory' }

function form(body: string): Sent {
  return { method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded']], body }
}

/** Values that stand in place of a middleware when a call is forgotten. */
const uncalled: readonly (readonly [string, (protect: Protect) => unknown])[] = [
  ['protect', (protect) => protect],
  ['protect.optional', (protect) => protect.optional],
  ['protect.auth', (protect) => protect.auth],
  ['protect.optional.auth', (protect) => protect.optional.auth],
]

describe.each(versions)('%s', (_name, KoaOfVersion) => {
  test('ctx.state.auth and protect.auth() are the same token', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new KoaOfVersion().use(protect()).use((ctx) => {
      ctx.body = [ctx.state.auth === protect.auth(ctx), ctx.state.auth === protect.optional.auth(ctx)]
    })
    const { send } = await serve(app)
    expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('[true,true]')
  })

  test('an inner app replaces ctx.state.auth, and protect.auth() returns the token of its own validator', async () => {
    const issuer = await openIssuer()
    const outer = createProtect(issuer.validatorOptions)
    const inner = createProtect({ ...issuer.validatorOptions, realm: 'inner' })
    const sub = new KoaOfVersion().use(inner()).use((ctx) => {
      ctx.body = [inner.auth(ctx) === ctx.state.auth, inner.auth(ctx) === outer.auth(ctx)]
    })
    const app = new KoaOfVersion().use(outer()).use(mount('/inner', sub))
    const { send } = await serve(app.use((ctx) => void (ctx.body = inner.auth(ctx))))
    const good = bearer(await issuer.accessToken())
    expect((await send('/inner', good)).body).toBe('[true,false]')
    expect((await send('/', good)).status, 'the inner validator did not see this request').toBe(500)
  })

  test('on an optional route ctx.state.auth is undefined without credentials', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new KoaOfVersion().use((ctx, next) => {
      Object.assign(ctx.state, { auth: mallory })
      return next()
    })
    app.use(protect.optional())
    app.use(mount('/strict', (ctx: Koa.Context) => void (ctx.body = protect.auth(ctx).subject)))
    const { send } = await serve(
      app.use((ctx) => void (ctx.body = { has: 'auth' in ctx.state, auth: ctx.state['auth'] })),
    )
    expect((await send('/')).body, 'the value of another middleware is gone').toBe('{"has":true}')
    expect((await send('/strict')).status, 'protect.auth() throws without a token').toBe(500)
    expect((await send('/strict', bearer(await issuer.accessToken()))).body).toBe('alice')
  })

  test('protect.auth() does not read ctx.state', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new KoaOfVersion().use(mount('/protected', protect())).use((ctx, next) => {
      Object.assign(ctx, { state: ctx.path.endsWith('forged') ? { auth: mallory } : {} })
      return next()
    })
    const { send } = await serve(app.use((ctx) => void (ctx.body = protect.auth(ctx).subject)))
    const good = bearer(await issuer.accessToken())
    expect((await send('/protected/forged', good)).body).toBe('alice')
    expect((await send('/protected/emptied', good)).body).toBe('alice')
    expect((await send('/forged', good)).status).toBe(500)
  })

  test.each([
    ['frozen', () => Object.freeze({})],
    ['with a read-only auth', () => Object.defineProperty({}, 'auth', { value: mallory })],
    ['undefined', () => undefined],
  ])('a ctx.state that cannot take the token is a failure: %s', async (_what, stateOf) => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    let handled = 0
    const app = new KoaOfVersion().use((ctx, next) => {
      ctx.state = stateOf()
      return next()
    })
    app.use(mount('/optional', protect.optional())).use(mount('/demanded', protect()))
    const { send, errors } = await serve(app.use(() => void (handled += 1)))
    expect((await send('/demanded', bearer(await issuer.accessToken()))).status).toBe(500)
    expect((await send('/optional')).status).toBe(500)
    expect(handled).toBe(0)
    expect(errors).toEqual([expect.any(TypeError), expect.any(TypeError)])
  })

  test('a header that a middleware in front sets or removes counts', async () => {
    const issuer = await openIssuer()
    const token = await issuer.accessToken()
    const app = new KoaOfVersion().use((ctx, next) => {
      if (ctx.path === '/set') {
        ctx.headers.authorization = `Bearer ${token}`
      } else {
        delete ctx.headers.authorization
      }
      return next()
    })
    app.use(createProtect(issuer.validatorOptions)()).use((ctx) => void (ctx.body = ctx.state.auth.subject))
    const { send } = await serve(app)
    expect((await send('/set')).body).toBe('alice')
    expect((await send('/removed', bearer(token))).status).toBe(401)
  })

  test('a form body counts when a parser in front has read it, also between two layers', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, formBody: 'accepted' })
    const sent = form(`access_token=${await issuer.accessToken()}`)
    const respond: Koa.Middleware = (ctx) => void (ctx.body = protect.auth(ctx).subject)
    const front = await serve(new KoaOfVersion().use(bodyParser()).use(protect()).use(respond))
    const behind = await serve(new KoaOfVersion().use(protect()).use(bodyParser()).use(respond))
    const between = new KoaOfVersion().use(protect.optional()).use(bodyParser()).use(protect()).use(respond)
    const { send } = await serve(between)
    expect((await front.send('/', sent)).body).toBe('alice')
    expect((await behind.send('/', sent)).status).toBe(401)
    expect((await send('/', sent)).body).toBe('alice')
    expect((await send('/', form('of=7'))).status).toBe(401)
  })

  test.each(uncalled)(
    '%s in place of a middleware is a TypeError, and no handler runs',
    async (_what, middlewareOf) => {
      const issuer = await openIssuer()
      let handled = 0
      const app = new KoaOfVersion().use(middlewareOf(createProtect(issuer.validatorOptions)) as Koa.Middleware)
      const { send, errors } = await serve(app.use(() => void (handled += 1)))
      for (const sent of [{}, bearer(await issuer.accessToken())]) {
        expect(await send('/', sent)).toMatchObject({ status: 500, challenges: [] })
        expect(errors.at(-1)).toBeInstanceOf(TypeError)
      }
      expect(handled).toBe(0)
    },
  )
})

/** What the adapter sets in a Hono context, and what it does not read there. */
import { createProtect, defineGuard, type Protect, Refusal } from '@tollgate/hono'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve } from './serving.ts'

/** An app whose variables have no type. */
type Untyped = { Variables: Record<string, unknown> }

const mallory = { subject: 'mallory' }

/** Values that stand in place of a middleware when a call is forgotten. */
const uncalled: readonly (readonly [string, (protect: Protect) => unknown])[] = [
  ['protect', (protect) => protect],
  ['protect.optional', (protect) => protect.optional],
  ['protect.auth', (protect) => protect.auth],
  ['protect.optional.auth', (protect) => protect.optional.auth],
]

test("c.get('auth'), c.var.auth and protect.auth() are the same token", async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono().use(protect()).get('/', (c) => {
    const token = protect.auth(c)
    return c.json([c.get('auth') === token, c.var.auth === token, protect.optional.auth(c) === token])
  })
  const { send } = await serve(app)
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('[true,true,true]')
})

test('a sub-app replaces c.var.auth, and protect.auth() returns the token of its own validator', async () => {
  const issuer = await openIssuer()
  const outer = createProtect(issuer.validatorOptions)
  const inner = createProtect({ ...issuer.validatorOptions, realm: 'inner' })
  const sub = new Hono().get('/', inner(), (c) =>
    c.json([inner.auth(c) === c.var.auth, inner.auth(c) === outer.auth(c)]),
  )
  const app = new Hono().use(outer()).route('/inner', sub)
  app.get('/', (c) => c.json(inner.auth(c)))
  const { send } = await serve(app)
  const good = bearer(await issuer.accessToken())
  expect((await send('/inner', good)).body).toBe('[true,false]')
  expect((await send('/', good)).status, 'the inner validator did not see this request').toBe(500)
})

test('on an optional route c.var.auth is undefined without credentials', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono<Untyped>().use((c, next) => {
    c.set('auth', mallory)
    return next()
  })
  app.get('/', protect.optional(), (c) => c.json({ auth: c.var.auth?.subject ?? 'absent' }))
  app.get('/strict', protect.optional(), (c) => c.text(protect.auth(c).subject ?? ''))
  const { send } = await serve(app)
  expect((await send('/')).body, 'the value of another middleware is gone').toBe('{"auth":"absent"}')
  expect((await send('/strict')).status, 'protect.auth() throws without a token').toBe(500)
  expect((await send('/strict', bearer(await issuer.accessToken()))).body).toBe('alice')
})

test('protect.auth() does not read the variables', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono<Untyped>()
  app.use('/protected/*', protect())
  app.use((c, next) => {
    c.set('auth', mallory)
    return next()
  })
  app.get('*', (c) => c.text(protect.auth(c).subject ?? ''))
  const { send } = await serve(app)
  const good = bearer(await issuer.accessToken())
  expect((await send('/protected/forged', good)).body).toBe('alice')
  expect((await send('/forged', good)).status).toBe(500)
})

test('the request that a middleware in front replaces counts', async () => {
  const issuer = await openIssuer()
  const token = await issuer.accessToken()
  const app = new Hono().use((c, next) => {
    const headers = new Headers(c.req.raw.headers)
    if (c.req.path === '/set') {
      headers.set('authorization', `Bearer ${token}`)
    } else {
      headers.delete('authorization')
    }
    c.req.raw = new Request(c.req.url, { headers })
    return next()
  })
  const protect = createProtect(issuer.validatorOptions)
  const { send } = await serve(app.get('*', protect(), (c) => c.text(protect.auth(c).subject ?? '')))
  expect((await send('/set')).body).toBe('alice')
  expect((await send('/removed', bearer(token))).status).toBe(401)
})

test('guards see the method, the absolute URL and the parameters of the route, also with a base path', async () => {
  const issuer = await openIssuer()
  const seen: unknown[] = []
  const guard = defineGuard({
    check: (token, { request, native }) => {
      seen.push(request?.method, new URL(request?.url ?? '').pathname, native?.req.param('owner'))
      return native?.req.param('owner') === token.subject ? 'pass' : new Refusal({ reason: 'not-the-owner' })
    },
  })
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono()
    .basePath('/api')
    .use(protect())
    .get('/orders/:owner', protect(guard), (c) => c.text('ok'))
  const { send } = await serve(app)
  const good = bearer(await issuer.accessToken())
  expect((await send('/api/orders/alice?x=1', good)).body).toBe('ok')
  expect((await send('/api/orders/mallory', good)).status).toBe(403)
  expect(seen).toEqual(['GET', '/api/orders/alice', 'alice', 'GET', '/api/orders/mallory', 'mallory'])
})

test('`decorate` names the variable', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, decorate: 'token' })
  const app = new Hono<Untyped>().use((c, next) => {
    c.set('auth', mallory)
    return next()
  })
  app.get('/', protect(), (c) => c.json([c.var.token === protect.auth(c), c.get('auth')]))
  const { send } = await serve(app)
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('[true,{"subject":"mallory"}]')
})

test.each(uncalled)('%s in place of a middleware is a TypeError, and no handler runs', async (_what, middlewareOf) => {
  const issuer = await openIssuer()
  let handled = 0
  const app = new Hono().use(middlewareOf(createProtect(issuer.validatorOptions)) as MiddlewareHandler)
  const { send, errors } = await serve(
    app.get('/', (c: Context) => {
      handled += 1
      return c.text('ok')
    }),
  )
  for (const sent of [{}, bearer(await issuer.accessToken())]) {
    expect(await send('/', sent)).toMatchObject({ status: 500, challenges: [] })
    expect(errors.at(-1)).toBeInstanceOf(TypeError)
  }
  expect(handled).toBe(0)
})

test('to await a protection, or to call it in a handler, is a TypeError', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  let handled = 0
  const handler = (c: Context) => c.text(String((handled += 1)))
  const app = new Hono()
  app.get('/called', async (c) => {
    protect()
    return handler(c)
  })
  const protectThenable: PromiseLike<unknown> = protect() as never
  app.get('/awaited', async (c) => {
    await protectThenable
    return handler(c)
  })
  const { send, errors } = await serve(app)
  for (const path of ['/called', '/awaited']) {
    expect((await send(path, bearer(await issuer.accessToken()))).status, path).toBe(500)
    expect(errors.at(-1)).toBeInstanceOf(TypeError)
  }
  expect(handled).toBe(0)
})

test('protect.auth() of a refused request is another TypeError than that of an unprotected one', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
  const causes: unknown[] = []
  const app = new Hono()
    .get('/protected', protect(), (c) => c.text('ok'))
    .get('/open', (c) => c.text(String(protect.auth(c))))
  app.onError((_error, c) => {
    try {
      protect.auth(c)
    } catch (error) {
      causes.push((error as Error).cause)
    }
    return c.text('mine', 500)
  })
  const { send } = await serve(app)
  await send('/protected')
  await send('/open')
  expect(causes).toEqual([expect.any(Refusal), undefined])
})

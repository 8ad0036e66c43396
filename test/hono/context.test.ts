/** What the adapter sets in a Hono context, and what it does not read there. */
import { createProtect, defineGuard, type Protect } from '@tollgate/hono'
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

test('guards see the method and the absolute URL, also with a base path', async () => {
  const issuer = await openIssuer()
  const urls: unknown[] = []
  const guard = defineGuard({
    check: (_token, { request }) => {
      urls.push(new URL(request?.url ?? '').pathname, request?.method)
      return 'pass'
    },
  })
  const app = new Hono()
    .basePath('/api')
    .get('/orders/:id', createProtect(issuer.validatorOptions)(guard), (c) => c.text('ok'))
  const { send } = await serve(app)
  expect((await send('/api/orders/7?x=1', bearer(await issuer.accessToken()))).body).toBe('ok')
  expect(urls).toEqual(['/api/orders/7', 'GET'])
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

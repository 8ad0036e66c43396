/** The places in a Hono app where protection can stand. */
import { createProtect, defineGuard, scopes } from '@tollgate/hono'
import { Hono } from 'hono'
import { every, except, some } from 'hono/combine'
import { Hono as QuickHono } from 'hono/quick'
import { LinearRouter } from 'hono/router/linear-router'
import { PatternRouter } from 'hono/router/pattern-router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { TrieRouter } from 'hono/router/trie-router'
import { Hono as TinyHono } from 'hono/tiny'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve } from './serving.ts'

const apps: readonly (readonly [string, (options?: { strict: boolean }) => Hono])[] = [
  ['hono', (options) => new Hono(options)],
  ['hono/quick', (options) => new QuickHono(options)],
  ['hono/tiny', (options) => new TinyHono(options)],
  ['RegExpRouter', (options) => new Hono({ router: new RegExpRouter(), ...options })],
  ['TrieRouter', (options) => new Hono({ router: new TrieRouter(), ...options })],
  ['LinearRouter', (options) => new Hono({ router: new LinearRouter(), ...options })],
  ['PatternRouter', (options) => new Hono({ router: new PatternRouter(), ...options })],
]

describe.each(apps)('%s', (_name, createApp) => {
  test('app.use protects everything that comes after it, and nothing before it', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = createApp().get('/public', (c) => c.text('public'))
    app.use(protect())
    app.get('/items', (c) => c.text(`items of ${protect.auth(c).subject}`))
    const { send } = await serve(app)
    const good = bearer(await issuer.accessToken())
    expect((await send('/public')).body).toBe('public')
    expect((await send('/items', good)).body).toBe('items of alice')
    for (const path of ['/items', '/Items', '/items/', '//items', '/%69tems', '/publics', '/nowhere', '/items?x=1']) {
      const { status, challenges } = await send(path)
      expect([status, challenges], path).toEqual([401, ['Bearer realm="api"']])
    }
    expect((await send('/nowhere', good)).status).toBe(404)
    expect((await send('/', { method: 'PROPFIND' })).status).toBe(401)
  })

  test('a protected route is protected under every spelling that Hono accepts', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = createApp({ strict: false }).get('/items/:id', protect(scopes('read')), (c) =>
      c.text(`item ${c.req.param('id')}`),
    )
    const { send } = await serve(app)
    const good = bearer(await issuer.accessToken({ scope: 'read' }))
    for (const path of ['/items/7', '/items/7/', '/items/%37', '/%69tems/7']) {
      expect((await send(path)).status, path).toBe(401)
      expect((await send(path, good)).body, path).toBe('item 7')
    }
    expect((await send('/ITEMS/7')).status, 'Hono distinguishes upper and lower case').toBe(404)
    const refused = await send('/items/7', { method: 'HEAD' })
    expect([refused.status, refused.body]).toEqual([401, ''])
    expect((await send('/items/7', { method: 'HEAD', ...good })).status).toBe(200)
    expect((await send('/items/7', { method: 'DELETE', ...good })).status).toBe(404)
  })

  test("app.use('/admin/*') also protects /admin, in a sub-app too", async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const users = new Hono().get('/:id', protect(scopes('admin')), (c) => c.text(`user ${c.req.param('id')}`))
    const admin = new Hono().get('/version', (c) => c.text('version 1'))
    admin.use(protect())
    admin.get('/', (c) => c.text('admin')).route('/users', users)
    const app = createApp()
    app.route('/admin', admin)
    app.use('/api/*', protect())
    app.get('/api', (c) => c.text('api')).get('/api/orders', (c) => c.text('orders'))
    const { send } = await serve(app.get('/apis', (c) => c.text('apis')))
    const plain = bearer(await issuer.accessToken())
    const strong = bearer(await issuer.accessToken({ scope: 'admin' }))
    expect((await send('/admin/version')).body, 'a route in front of admin.use').toBe('version 1')
    for (const path of ['/admin', '/admin/users/7', '/admin/nowhere', '/api', '/api/orders', '/%61pi/orders']) {
      expect((await send(path)).status, path).toBe(401)
    }
    expect((await send('/apis')).body).toBe('apis')
    expect([(await send('/admin', plain)).body, (await send('/api/orders', plain)).body]).toEqual(['admin', 'orders'])
    expect((await send('/admin/users/7', plain)).challenges[0]).toContain('scope="admin"')
    expect((await send('/admin/users/7', strong)).body).toBe('user 7')
  })
})

test('an app without `strict` ignores a slash at the end, for app.use as for the route', async () => {
  const issuer = await openIssuer()
  const app = new Hono({ strict: false })
  app.use('/items', createProtect(issuer.validatorOptions)())
  const { send } = await serve(app.get('/items', (c) => c.text('items')))
  expect([(await send('/items')).status, (await send('/items/')).status]).toEqual([401, 401])
})

test('basePath and app.on are protected as other routes are', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono().basePath('/api')
  app.use(protect())
  app.on(['GET', 'PURGE'], ['/cache', '/caches'], (c) => c.text(`${c.req.method} ${protect.auth(c).subject}`))
  const { send } = await serve(app)
  const good = bearer(await issuer.accessToken())
  expect((await send('/api/cache', { method: 'PURGE' })).status).toBe(401)
  expect((await send('/api/caches', { method: 'PURGE', ...good })).body).toBe('PURGE alice')
  expect((await send('/other')).status, 'app.use of a base path applies there').toBe(404)
})

test('a handler under app.mount is protected, and a mounted Hono app authenticates by itself', async () => {
  const issuer = await openIssuer()
  const urls: string[] = []
  const recordUrl = defineGuard({
    check: (_token, { request }) => {
      urls.push(new URL(request?.url ?? '').pathname)
      return 'pass'
    },
  })
  const protect = createProtect(issuer.validatorOptions)
  const inner = new Hono().get('/items', protect(recordUrl), (c) => c.text(`inner ${protect.auth(c).subject}`))
  const app = new Hono()
  app.mount('/own', inner.fetch)
  app.use('/plain/*', protect(recordUrl))
  app.mount('/plain', () => new Response('plain'))
  const { send } = await serve(app)
  const good = bearer(await issuer.accessToken())
  expect([(await send('/plain/x')).status, (await send('/own/items')).status]).toEqual([401, 401])
  expect((await send('/plain/x', good)).body).toBe('plain')
  expect((await send('/own/items', good)).body).toBe('inner alice')
  // A mounted app gets a request without the mount path.
  expect(urls).toEqual(['/plain/x', '/items'])
})

test.each(['respond', 'throw'] as const)('except and every of hono/combine work, with errors: %j', async (errors) => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors })
  const app = new Hono().use(except(['/health', '/public/*'], protect()))
  app.use('/admin/*', every(protect(scopes('read')), protect(scopes('admin'))))
  const { send } = await serve(app.get('*', (c) => c.text('ok')))
  const good = bearer(await issuer.accessToken({ scope: 'read' }))
  const strong = bearer(await issuer.accessToken({ scope: 'read admin' }))
  for (const path of ['/health', '/public/a']) {
    expect((await send(path)).body, path).toBe('ok')
  }
  for (const path of ['/', '/health/', '/Health', '/publics', '/admin/a']) {
    expect((await send(path)).challenges, path).toEqual(['Bearer realm="api"'])
  }
  expect([(await send('/', good)).body, (await send('/admin/a', strong)).body]).toEqual(['ok', 'ok'])
  expect((await send('/admin/a', good)).challenges[0]).toContain('scope="admin"')
})

test("some of hono/combine tries the next protection with errors: 'throw', and only then", async () => {
  const issuer = await openIssuer()
  const partner = await openIssuer()
  const either = (errors: 'respond' | 'throw') =>
    some(
      createProtect({ ...issuer.validatorOptions, errors })(),
      createProtect({ ...partner.validatorOptions, realm: 'partner', errors })(),
    )
  const app = new Hono()
    .get('/throw', either('throw'), (c) => c.text('ok'))
    .get('/respond', either('respond'), (c) => c.text('ok'))
  const { send } = await serve(app)
  const own = bearer(await issuer.accessToken())
  const foreign = bearer(await partner.accessToken())
  for (const sent of [own, foreign]) {
    expect(await send('/throw', sent)).toMatchObject({ status: 200, body: 'ok', challenges: [] })
  }
  expect((await send('/throw')).challenges).toEqual(['Bearer realm="partner"'])
  expect((await send('/respond', own)).status).toBe(200)
  expect((await send('/respond', foreign)).status, 'the first response is final').toBe(401)
  expect((await send('/respond')).challenges).toEqual(['Bearer realm="api"'])
})

test('two layers of protection validate a token once, and each runs its guards', async () => {
  const issuer = await openIssuer()
  let checks = 0
  const counting = defineGuard({
    check: () => {
      checks += 1
      return 'pass'
    },
  })
  const protect = createProtect(issuer.validatorOptions)
  const app = new Hono()
    .use(protect(counting))
    .get('/', protect(counting), protect.optional(counting), (c) => c.text('ok'))
  const { send } = await serve(app)
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('ok')
  expect(checks).toBe(3)
})

import { Router } from '@koa/router'
import { createProtect, defineGuard, scopes } from '@tollgate/koa'
import mount from 'koa-mount'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './serving.ts'

const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'QUERY']

describe.each(versions)('%s', (_name, Koa) => {
  test('app.use protects all that comes after it, and nothing before', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = new Koa()
    app.use((ctx, next) => (ctx.path === '/public' ? void (ctx.body = 'public') : next()))
    app.use(protect())
    app.use((ctx, next) => (ctx.path === '/items' ? void (ctx.body = `items of ${protect.auth(ctx).subject}`) : next()))
    const { send } = await serve(app)
    const good = bearer(await issuer.accessToken())
    expect((await send('/public')).body).toBe('public')
    expect((await send('/items', good)).body).toBe('items of alice')
    for (const path of ['/items', '/Items', '/items/', '//items', '/%69tems', '/public/', '/nowhere']) {
      const { status, challenges } = await send(path)
      expect([status, challenges], path).toEqual([401, ['Bearer realm="api"']])
    }
    expect((await send('/nowhere', good)).status).toBe(404)
  })

  test('app.use refuses whatever the method, HEAD without a body', async () => {
    const issuer = await openIssuer()
    const app = new Koa()
    app.use(createProtect(issuer.validatorOptions)())
    const { send } = await serve(app)
    for (const method of methods) {
      const { status, challenges, body } = await send('/', { method })
      expect([status, challenges, body], method).toEqual([401, ['Bearer realm="api"'], method === 'HEAD' ? '' : '{}'])
      expect((await send('/', { method, ...bearer(await issuer.accessToken()) })).status, method).toBe(404)
    }
  })

  test('a route has guards of its own and authenticates by itself', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const router = new Router()
    router.all('/items/:id', protect(scopes('read')), (ctx) => {
      ctx.body = `${ctx.params['id']} of ${protect.auth(ctx).subject}`
    })
    const { send } = await serve(new Koa().use(router.routes()))
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE']) {
      const { status, challenges } = await send('/items/7', { method })
      expect([status, challenges], method).toEqual([401, ['Bearer realm="api", scope="read"']])
    }
    for (const path of ['/items/7', '/ITEMS/7', '/items/7/', '/items/%37']) {
      expect((await send(path)).status, path).toBe(401)
      expect((await send(path, bearer(await issuer.accessToken({ scope: 'read' })))).body, path).toBe('7 of alice')
    }
    expect((await send('/items/7', bearer(await issuer.accessToken()))).status).toBe(403)
    expect((await send('/elsewhere')).status).toBe(404)
  })

  test('HEAD on a route for GET is refused as GET is, and let through as GET is', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const router = new Router()
    router.get('/items', protect(scopes('read')), (ctx) => void (ctx.body = 'the items'))
    const { send } = await serve(new Koa().use(router.routes()).use(router.allowedMethods()))
    const refused = await send('/items', { method: 'HEAD' })
    expect([refused.status, refused.body]).toEqual([401, ''])
    const good = bearer(await issuer.accessToken({ scope: 'read' }))
    const { status, headers, body } = await send('/items', { method: 'HEAD', ...good })
    expect([status, headers['content-length'], body]).toEqual([200, '9', ''])
    // What the router answers by itself tells which methods there are, and reaches no handler.
    expect((await send('/items', { method: 'OPTIONS' })).status).toBe(200)
    expect((await send('/items', { method: 'DELETE', ...good })).status).toBe(405)
  })

  test('router.use protects the routes after it, nested and prefixed ones too', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const nested = new Router({ prefix: '/users' })
    nested.get('/:id', protect(scopes('admin')), (ctx) => void (ctx.body = `user ${ctx.params['id']}`))
    const admin = new Router({ prefix: '/admin' })
    admin.get('/version', (ctx) => void (ctx.body = 'version 1'))
    admin.use(protect())
    admin.get('/', (ctx) => void (ctx.body = 'admin'))
    admin.use(nested.routes())
    const { send } = await serve(new Koa().use(admin.routes()).use(admin.allowedMethods()))
    const plain = bearer(await issuer.accessToken())
    const strong = bearer(await issuer.accessToken({ scope: 'admin' }))
    expect((await send('/admin/version')).body).toBe('version 1')
    for (const path of ['/admin', '/admin/users/7', '/ADMIN/Users/7', '/admin/users/7/']) {
      expect((await send(path)).status, path).toBe(401)
    }
    expect((await send('/admin', plain)).body).toBe('admin')
    expect((await send('/admin/users/7', plain)).challenges[0]).toContain('scope="admin"')
    expect((await send('/admin/users/7', strong)).body).toBe('user 7')
  })

  test('a lookup of router.param waits for router.use, and not for the protection of a route', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const looked: string[] = []
    const routerOf = (prefix: string) =>
      new Router({ prefix }).param('id', (id, _ctx, next) => {
        looked.push(`${prefix}/${id}`)
        return next()
      })
    const byUse = routerOf('/use').use(protect())
    byUse.get('/:id', (ctx) => void (ctx.body = 'ok'))
    const byRoute = routerOf('/route')
    byRoute.get('/:id', protect(), (ctx) => void (ctx.body = 'ok'))
    const { send } = await serve(new Koa().use(byUse.routes()).use(byRoute.routes()))
    expect((await send('/use/7')).status).toBe(401)
    expect((await send('/route/7')).status).toBe(401)
    expect(looked).toEqual(['/route/7'])
  })

  test('apps and middleware are protected under a path, and guards see the path as it came', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const seen: string[] = []
    const noting = defineGuard({ check: (_token, { request }) => void seen.push(`${request.method} ${request.url}`) })
    const router = new Router()
    router.get('/users', protect(noting), (ctx) => void (ctx.body = `${ctx.path} for ${protect.auth(ctx).subject}`))
    const inner = new Koa().use(mount('/deep', router.routes()))
    const app = new Koa().use(mount('/admin', protect(noting))).use(mount('/admin', inner))
    app.use((ctx) => void (ctx.body = 'public'))
    const { send } = await serve(app)
    const good = bearer(await issuer.accessToken())
    expect((await send('/administrators')).body).toBe('public')
    for (const path of ['/admin', '/admin/', '/admin/deep/users', '/admin/nowhere']) {
      expect((await send(path)).status, path).toBe(401)
    }
    expect(seen).toEqual([])
    expect((await send('/admin/deep/users?of=7', good)).body).toBe('/users for alice')
    expect(seen).toEqual(['GET /admin/deep/users?of=7', 'GET /admin/deep/users?of=7'])
  })

  test('koa-mount protects one spelling of a path, a router all that it takes', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const handlers = new Router().get('/mounted/users', (ctx) => void (ctx.body = 'ok'))
    handlers.get('/routed/users', protect(), (ctx) => void (ctx.body = 'ok'))
    const { send } = await serve(new Koa().use(mount('/mounted', protect())).use(handlers.routes()))
    expect((await send('/mounted/users')).status).toBe(401)
    expect((await send('/routed/users')).status).toBe(401)
    expect((await send('/Routed/users')).status).toBe(401)
    // Not ours to mend, and the reason why protection belongs where the route is.
    expect((await send('/Mounted/users')).status).toBe(200)
  })
})

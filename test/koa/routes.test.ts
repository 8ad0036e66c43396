/** The places in a Koa app where protection can stand. */
import { createServer } from 'node:http'
import { Router } from '@koa/router'
import { createProtect, defineGuard, scopes } from '@tollgate/koa'
import express from 'express'
import mount from 'koa-mount'
import { describe, expect, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { openIssuer } from '../harness/reference.ts'
import { send as sendTo } from '../harness/send.ts'
import { bearer, serve, versions } from './versions.ts'

/** A guard that records the requests that it sees. */
function recording(): { readonly guard: ReturnType<typeof defineGuard>; readonly seen: readonly string[] } {
  const seen: string[] = []
  const guard = defineGuard({
    check: (_token, { request }) => {
      seen.push(`${request?.method} ${request?.url}`)
      return 'pass'
    },
  })
  return { guard, seen }
}

describe.each(versions)('%s', (_name, Koa) => {
  test('app.use protects everything that comes after it', async () => {
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
    expect((await send('/', { method: 'PROPFIND' })).status).toBe(401)
  })

  test('a protected route is protected under every spelling that the router accepts', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const router = new Router()
    router.get('/items/:id', protect(scopes('read')), (ctx) => void (ctx.body = `item ${ctx.params['id']}`))
    const { send } = await serve(new Koa().use(router.routes()).use(router.allowedMethods()))
    const good = bearer(await issuer.accessToken({ scope: 'read' }))
    for (const path of ['/items/7', '/ITEMS/7', '/items/7/', '/items/%37']) {
      expect((await send(path)).status, path).toBe(401)
      expect((await send(path, good)).body, path).toBe('item 7')
    }
    const refused = await send('/items/7', { method: 'HEAD' })
    expect([refused.status, refused.body]).toEqual([401, ''])
    const { status, headers, body } = await send('/items/7', { method: 'HEAD', ...good })
    expect([status, headers['content-length'], body]).toEqual([200, '6', ''])
    // The router itself responds to these methods, and runs no handler.
    expect((await send('/items/7', { method: 'OPTIONS' })).status).toBe(200)
    expect((await send('/items/7', { method: 'DELETE', ...good })).status).toBe(405)
  })

  test('router.use protects the routes after it, also in a nested router', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const nested = new Router({ prefix: '/users' })
    nested.get('/:id', protect(scopes('admin')), (ctx) => void (ctx.body = `user ${ctx.params['id']}`))
    const admin = new Router({ prefix: '/admin' })
    admin.get('/version', (ctx) => void (ctx.body = 'version 1'))
    admin.use(protect())
    admin.get('/', (ctx) => void (ctx.body = 'admin'))
    admin.use(nested.routes())
    const { send } = await serve(new Koa().use(admin.routes()))
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

  test('router.param runs after the protection of router.use, and before that of a route', async () => {
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

  test('guards under koa-mount, and behind a changed ctx.url, see the original URL', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const { guard, seen } = recording()
    const inner = new Koa().use(protect(guard)).use((ctx) => void (ctx.body = ctx.path))
    const app = new Koa().use(mount('/admin', protect(guard))).use(mount('/admin', mount('/deep', inner)))
    app.use((ctx, next) => {
      ctx.url = '/changed'
      return next()
    })
    const { send } = await serve(app.use(mount('/changed', protect(guard))).use((ctx) => void (ctx.body = ctx.path)))
    const good = bearer(await issuer.accessToken())
    for (const path of ['/admin', '/admin/', '/admin/deep/users', '/admin/nowhere', '/administrators']) {
      expect((await send(path)).status, path).toBe(401)
    }
    expect(seen).toEqual([])
    expect((await send('/admin/deep/users?of=7', good)).body).toBe('/users')
    expect((await send('/secret?of=7', good)).body).toBe('/changed')
    expect(seen).toEqual(['GET /admin/deep/users?of=7', 'GET /admin/deep/users?of=7', 'GET /secret?of=7'])
  })

  test('koa-mount protects one spelling of a path, and a router protects every spelling', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const handlers = new Router().get('/mounted/users', (ctx) => void (ctx.body = 'ok'))
    handlers.get('/routed/users', protect(), (ctx) => void (ctx.body = 'ok'))
    const { send } = await serve(new Koa().use(mount('/mounted', protect())).use(handlers.routes()))
    expect((await send('/mounted/users')).status).toBe(401)
    expect((await send('/routed/users')).status).toBe(401)
    expect((await send('/Routed/users')).status).toBe(401)
    // koa-mount compares paths case-sensitively. Therefore protection belongs on the route.
    expect((await send('/Mounted/users')).status).toBe(200)
  })

  test('a Koa app in an Express app authenticates with its own options', async () => {
    const issuer = await openIssuer()
    const { guard, seen } = recording()
    const protect = createProtect(issuer.validatorOptions)
    const app = new Koa().use(protect(guard)).use((ctx) => void (ctx.body = protect.auth(ctx).subject))
    const origin = await listen(createServer(express().use('/koa', app.callback())))
    expect((await sendTo(origin, { path: '/koa/items' })).challenges).toEqual(['Bearer realm="api"'])
    expect((await sendTo(origin, { path: '/koa/items', ...bearer(await issuer.accessToken()) })).body).toBe('alice')
    // Express strips the mount path before Koa sees the request.
    expect(seen).toEqual(['GET /items'])
  })
})

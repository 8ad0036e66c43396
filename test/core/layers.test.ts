/** Several layers of protection on one request. The adapters share this code, so Koa and Express stand for all. */
import type { RequestListener } from 'node:http'
import { active, cookie, defineGuard, Refusal, scopes } from '@tollgate/core'
import { createProtect as createProtectOfExpress } from '@tollgate/express'
import { createProtect } from '@tollgate/koa'
import type { MockIssuer } from '@tollgate/mock-issuer'
import express, { type ErrorRequestHandler } from 'express'
import { expect, test } from 'vitest'
import Koa from 'koa'
import { openIssuer } from '../harness/reference.ts'
import { bearer, openIntrospected, serve } from '../koa/versions.ts'

/** Changes the scope of the opaque token `t`, and lets a second pass. */
async function changeScope(issuer: MockIssuer, scope: string): Promise<void> {
  await issuer.opaqueToken({ scope }, { token: 't' })
  issuer.clock.advance('1s')
}

test('an inner layer uses the newest introspection response of an outer layer', async () => {
  const { issuer, options } = await openIntrospected()
  const protect = createProtect(options)
  const app = new Koa().use(protect(active({ within: '0s' }))).use(protect(scopes('admin')))
  const { send } = await serve(app.use((ctx) => void (ctx.body = protect.auth(ctx).subject)))
  await changeScope(issuer, 'admin')
  expect((await send('/', bearer('t'))).status).toBe(200)
  await changeScope(issuer, 'read')
  expect((await send('/', bearer('t'))).status).toBe(403)
})

test('a token that one layer found inactive stays refused, even if the app ignores the refusal', async () => {
  const { issuer, options } = await openIntrospected()
  const protect = createProtect({ ...options, errors: 'throw' })
  const app = new Koa().use(protect())
  const confirmed = protect(active({ within: '0s' }))
  app.use((ctx, next) => confirmed(ctx, async () => undefined).then(next, next))
  app.use(protect()).use((ctx) => void (ctx.body = protect.auth(ctx).subject))
  const { send, errors } = await serve(app)
  await changeScope(issuer, 'read')
  expect((await send('/', bearer('t'))).status).toBe(200)
  issuer.revoke('t')
  issuer.clock.advance('1s')
  expect((await send('/', bearer('t'))).status).toBe(401)
  expect(errors).toMatchObject([{ reason: 'inactive' }])
})

test('a slow layer does not bring back the introspection response from before', async () => {
  const { issuer, options } = await openIntrospected()
  const protect = createProtect({ ...options, errors: 'throw' })
  let introspected = Promise.withResolvers<'pass'>()
  const slow = defineGuard({ check: () => introspected.promise })
  const app = new Koa().use(protect())
  const waiting = protect(slow)
  const forAdmins = protect(scopes('admin'))
  const confirmed = protect(active({ within: '0s' }))
  app.use(async (ctx, next) => {
    introspected = Promise.withResolvers()
    const slower = waiting(ctx, () => forAdmins(ctx, next))
    await confirmed(ctx, async () => introspected.resolve('pass'))
    await slower
  })
  const { send } = await serve(app.use((ctx) => void (ctx.body = 'admin')))
  await changeScope(issuer, 'admin')
  expect((await send('/', bearer('t'))).status).toBe(200)
  await changeScope(issuer, 'read')
  expect((await send('/', bearer('t'))).status).toBe(403)
})

test('a guard of the app that refuses with the reason inactive does not make the token inactive', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
  const refusing = defineGuard({ check: () => new Refusal({ reason: 'inactive' }) })
  const refused = protect(refusing)
  const app = new Koa().use((ctx, next) => refused(ctx, async () => undefined).then(next, next))
  const { send } = await serve(app.use(protect()).use((ctx) => void (ctx.body = protect.auth(ctx).subject)))
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('alice')
})

test('a layer authenticates a request that an outer layer skipped as a preflight and then changed', async () => {
  const issuer = await openIssuer()
  const protect = createProtectOfExpress({ ...issuer.validatorOptions, preflights: 'skip', errors: 'throw' })
  const app = express()
  app.use(protect.optional(), protect(scopes('admin')), (req, _res, next) => {
    req.method = 'DELETE'
    next()
  })
  app.delete('/', protect(scopes('admin')), (_req, res) => void res.send('deleted'))
  const status: ErrorRequestHandler = (error: Refusal, _req, res, _next) => void res.status(error.status).end()
  const listener: RequestListener = app.use(status)
  const { send } = await serve({ on: () => undefined, callback: () => listener })
  const headers = [
    ['Origin', 'https://app.example'],
    ['Access-Control-Request-Method', 'DELETE'],
  ] as const
  expect((await send('/', { method: 'OPTIONS', headers })).status).toBe(401)
  const good = bearer(await issuer.accessToken({ scope: 'read' })).headers
  expect((await send('/', { method: 'OPTIONS', headers: [...headers, ...good] })).status).toBe(403)
})

test('an optional route refuses bad credentials in a preflight that it would skip', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, preflights: 'skip' })
  const app = new Koa().use(protect.optional(scopes('admin')))
  const { send } = await serve(app.use((ctx) => void (ctx.body = String(protect.optional.auth(ctx)))))
  const preflight = async (token?: string): Promise<string> => {
    const headers = [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'DELETE'],
      ...(token === undefined ? [] : bearer(token).headers),
    ] as const
    const { status, body } = await send('/', { method: 'OPTIONS', headers })
    return `${status} ${status === 200 ? body : ''}`
  }
  expect(await preflight()).toBe('200 undefined')
  expect(await preflight(await issuer.wrongToken('expired'))).toBe('401 ')
  // Its guards do not run, as for every preflight that is skipped.
  expect(await preflight(await issuer.accessToken({ scope: 'read' }))).toBe('200 undefined')
})

test('a copy of a request is another request, and a proxy of it is the same', async () => {
  const issuer = await openIssuer()
  const protect = createProtectOfExpress(issuer.validatorOptions)
  const app = express().set('env', 'test')
  app.get('/', protect(), (req, res) => {
    for (const copy of [Object.create(req), { ...req }] as (typeof req)[]) {
      expect(() => protect.auth(copy)).toThrow(TypeError)
    }
    const proxy = new Proxy(req, {
      get: (target, name) => (typeof name === 'string' ? Reflect.get(target, name) : undefined) as unknown,
    })
    res.send(protect.auth(proxy).subject)
  })
  const listener: RequestListener = app
  const { send } = await serve({ on: () => undefined, callback: () => listener })
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('alice')
})

test('the guards of an inner layer see the request as an outer layer changed it', async () => {
  const issuer = await openIssuer()
  const protect = createProtectOfExpress(issuer.validatorOptions)
  const noDelete = defineGuard({
    check: (_token, { request }) => (request?.method === 'DELETE' ? new Refusal({ reason: 'no-delete' }) : 'pass'),
  })
  const app = express()
  app.use(protect(noDelete), (req, _res, next) => {
    req.method = 'DELETE'
    next()
  })
  app.delete('/', protect(noDelete), (_req, res) => void res.send('deleted'))
  const { send } = await serve({ on: () => undefined, callback: () => app })
  const { headers } = bearer(await issuer.accessToken())
  expect((await send('/', { method: 'POST', headers })).status).toBe(403)
})

test('an outer layer cannot turn a GET with the cookie of another site into a DELETE', async () => {
  const issuer = await openIssuer()
  const protect = createProtectOfExpress({ ...issuer.validatorOptions, credentials: cookie('session') })
  const app = express().set('env', 'test')
  app.use(protect(), (req, _res, next) => {
    req.method = String(req.headers['x-method'] ?? req.method)
    next()
  })
  app.all('/', protect(), protect(), (req, res) => void res.send(`${req.method} ${protect.auth(req).subject}`))
  const { send } = await serve({ on: () => undefined, callback: () => app })
  const session = ['Cookie', `session=${await issuer.accessToken()}`] as const
  const asDelete = ['X-Method', 'DELETE'] as const
  expect((await send('/', { headers: [session] })).body).toBe('GET alice')
  expect((await send('/', { headers: [session, asDelete] })).status).toBe(403)
  const sameOrigin = ['Sec-Fetch-Site', 'same-origin'] as const
  expect((await send('/', { headers: [session, asDelete, sameOrigin] })).body).toBe('DELETE alice')
})

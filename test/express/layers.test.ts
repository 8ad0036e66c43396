import {
  active,
  clientSecretBasic,
  createProtect,
  defineGuard,
  Refusal,
  scopes,
  trustedIssuer,
} from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express5, { type ErrorRequestHandler } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'
import { bearer, serve, versions } from './serving.ts'

describe.each(versions)('%s', (_name, express) => {
  test('what one layer has heard of the authorization server counts in the next', async () => {
    const issuer = await createMockIssuer()
    onTestFinished(() => issuer.close())
    const { id, secret } = issuer.client
    const introspection = { client: clientSecretBasic(id, secret) }
    const protect = createProtect({ ...issuer.validatorOptions, issuer: trustedIssuer(issuer.url, { introspection }) })
    const app = express()
    app.use('/admin', protect(active({ within: '0s' })))
    app.get('/admin/users', protect(scopes('admin')), (req, res) => void res.send(protect.auth(req).subject))
    const origin = await serve(app)
    const token = 'opaque'
    await issuer.opaqueToken({ scope: 'admin' }, { token })
    expect((await send(origin, { path: '/admin/users', ...bearer(token) })).status).toBe(200)
    await issuer.opaqueToken({ scope: 'read' }, { token })
    issuer.clock.advance('1s')
    expect((await send(origin, { path: '/admin/users', ...bearer(token) })).status).toBe(403)
  })

  test('neither an app that goes on after a refusal nor a slower layer brings an older verdict back', async () => {
    const issuer = await createMockIssuer()
    onTestFinished(() => issuer.close())
    const { id, secret } = issuer.client
    const introspection = { client: clientSecretBasic(id, secret) }
    const protect = createProtect({
      ...issuer.validatorOptions,
      issuer: trustedIssuer(issuer.url, { introspection }),
      errors: 'throw',
    })
    const slow = defineGuard({ check: () => new Promise((resolve) => setTimeout(() => resolve(undefined), 100)) })
    const app = express()
    const goOn: ErrorRequestHandler = (_error, _req, _res, next) => next()
    app.use('/careless', protect(), protect(active({ within: '0s' })), goOn)
    app.get('/careless', protect(), (req, res) => void res.send(protect.auth(req).subject))
    app.get('/parallel', protect(), (req, res, next) => {
      protect(slow)(req, res, () => protect(scopes('admin'))(req, res, next))
      protect(active({ within: '0s' }))(req, res, () => undefined)
    })
    app.get('/parallel', (_req, res) => void res.send('admin'))
    const goodbye: ErrorRequestHandler = (error: Refusal, _req, res, _next) => void res.status(error.status).end()
    app.use(goodbye)
    const origin = await serve(app)
    const token = 'opaque'
    await issuer.opaqueToken({ scope: 'admin' }, { token })
    expect((await send(origin, { path: '/parallel', ...bearer(token) })).status).toBe(200)
    await issuer.opaqueToken({ scope: 'read' }, { token })
    issuer.clock.advance('1s')
    expect((await send(origin, { path: '/parallel', ...bearer(token) })).status).toBe(403)
    expect((await send(origin, { path: '/careless', ...bearer(token) })).status).toBe(200)
    issuer.revoke(token)
    issuer.clock.advance('1s')
    expect((await send(origin, { path: '/careless', ...bearer(token) })).status).toBe(401)
  })

  test('a sub-app of another audience makes its own judgement', async () => {
    const issuer = await openIssuer()
    const outer = createProtect(issuer.validatorOptions)
    const inner = createProtect({ ...issuer.validatorOptions, audience: 'https://inner.example' })
    const app = express()
    const sub = express()
    sub.get('/', inner(), (req, res) => {
      const told = 'auth' in req ? req.auth : undefined
      res.send(
        told === inner.auth(req) && told !== outer.auth(req) ? inner.auth(req).audience.join(' ') : 'another token',
      )
    })
    app.use('/inner', outer(), sub)
    const origin = await serve(app)
    expect((await send(origin, { path: '/inner', ...bearer(await issuer.accessToken()) })).status).toBe(401)
    const both = [audience, 'https://inner.example']
    expect((await send(origin, { path: '/inner', ...bearer(await issuer.accessToken({ aud: both })) })).body).toBe(
      both.join(' '),
    )
  })
})

test('a guard that is called as ours is by its reason leaves the token good for others', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
  const app = express5()
  const goOn: ErrorRequestHandler = (_error, _req, _res, next) => next()
  app.use(protect(defineGuard({ check: () => new Refusal({ reason: 'inactive' }) })), goOn)
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).subject))
  expect((await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })).body).toBe('alice')
})

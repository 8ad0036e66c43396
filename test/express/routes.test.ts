import { active, createProtect, scopes } from '@tollgate/express'
import express5 from 'express'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'
import { bearer, serve, versions } from './serving.ts'

describe.each(versions)('%s', (_name, express) => {
  test('a route that an issuer cannot serve cannot be defined', async () => {
    const protect = createProtect((await openIssuer()).validatorOptions)
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    expect(() => protect(active({ within: '5s' }))).toThrow(wrong)
    expect(() => protect.optional(active({ within: '5s' }))).toThrow(wrong)
  })

  test('protects everything with app.use, a router, or one route', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    const reports = express.Router()
    reports.get('/daily', protect(scopes('reports')), (req, res) => void res.send(protect.auth(req).subject))
    app.get('/public', (_req, res) => void res.send('public'))
    app.use(protect())
    app.use('/reports', reports)
    app.get('/:name', (req, res) => void res.send(`${req.params.name} ${protect.auth(req).subject}`))
    const origin = await serve(app)
    const plain = bearer(await issuer.accessToken())
    const scoped = bearer(await issuer.accessToken({ scope: 'reports' }))

    expect((await send(origin, { path: '/public' })).body).toBe('public')
    expect((await send(origin, { path: '/orders' })).status).toBe(401)
    expect((await send(origin, { path: '/orders', ...plain })).body).toBe('orders alice')
    expect((await send(origin, { path: '/reports/daily', ...plain })).status).toBe(403)
    expect((await send(origin, { path: '/reports/daily', ...scoped })).body).toBe('alice')
    for (const path of ['/reports/daily', '/Reports/Daily', '/reports/daily/', '/reports/%64aily', '//reports/daily']) {
      expect((await send(origin, { path })).status, path).toBe(401)
    }
  })

  test('a guard on a route authenticates by itself', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    app.all('/', protect(scopes('read')), (_req, res) => void res.send('ok'))
    const origin = await serve(app)
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE', 'PROPFIND']) {
      const { status, challenges } = await send(origin, { path: '/', method })
      expect([status, challenges], method).toEqual([401, ['Bearer realm="api", scope="read"']])
    }
  })

  test('auth() of a route without protection is a mistake that shows', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    app.set('env', 'test')
    app.get('/unguarded', (req, res) => void res.send(protect.auth(req).subject))
    app.get('/optional', protect.optional(), (req, res) => void res.send(protect.auth(req).subject))
    const origin = await serve(app)
    // `req.auth` of another package is not believed either.
    const forged = express()
    forged.use((req, _res, next) => {
      Object.assign(req, { auth: { subject: 'mallory' } })
      next()
    })
    forged.get('/', protect.optional(), (req, res) => void res.json({ auth: 'auth' in req ? req.auth : undefined }))
    forged.use(app)
    const forgedOrigin = await serve(forged)
    expect((await send(origin, { path: '/unguarded', ...bearer(await issuer.accessToken()) })).status).toBe(500)
    expect((await send(origin, { path: '/optional' })).status).toBe(500)
    expect((await send(forgedOrigin, { path: '/' })).body).toBe('{}')
    expect((await send(forgedOrigin, { path: '/unguarded' })).status).toBe(500)
  })

  test('a header that a middleware sets or removes counts', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const token = await issuer.accessToken()
    const app = express()
    app.use((req, _res, next) => {
      if (req.headers['x-strip'] !== undefined) {
        delete req.headers.authorization
      } else if (req.headers.cookie !== undefined) {
        req.headers.authorization = `Bearer ${req.headers.cookie.replace('token=', '')}`
      }
      next()
    })
    app.get('/', protect(), (_req, res) => void res.send('ok'))
    const origin = await serve(app)
    expect((await send(origin, { path: '/', headers: [['Cookie', `token=${token}`]] })).status).toBe(200)
    expect((await send(origin, { path: '/', headers: [...bearer(token).headers, ['X-Strip', '1']] })).status).toBe(401)
  })

  test('a large body is nobody’s business here', async () => {
    const issuer = await openIssuer()
    const body = Buffer.alloc(8 * 1024 * 1024)
    let looked = 0
    const parsed = new Proxy(body, {
      ownKeys: (target) => {
        looked += 1
        return Reflect.ownKeys(target)
      },
    })
    const app = express()
    app.use((req, _res, next) => {
      req.body = parsed
      next()
    })
    app.use(createProtect(issuer.validatorOptions)(), (_req, res) => void res.send('ok'))
    expect((await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })).status).toBe(200)
    expect(looked).toBe(0)
  })
})

test('a preflight that passes has no token', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, preflights: 'skip' })
  const app = express5()
  app.options('/', protect(), (req, res) => void res.json({ token: protect.optional.auth(req) ?? null }))
  app.options('/strict', protect(), (req, res) => void res.send(protect.auth(req).subject))
  app.set('env', 'test')
  const origin = await serve(app)
  const headers = [
    ['Origin', 'https://app.example'],
    ['Access-Control-Request-Method', 'GET'],
  ] as const
  expect((await send(origin, { method: 'OPTIONS', path: '/', headers })).body).toBe('{"token":null}')
  expect((await send(origin, { method: 'OPTIONS', path: '/strict', headers })).status).toBe(500)
})

/** Behaviour that only Express has. `test/conformance` tests everything that all adapters have in common. */
import { createProtect, Refusal, scopes } from '@tollgate/express'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { bearer, serve, versions } from './versions.ts'

const forge: RequestHandler = (req, _res, next) => {
  Object.assign(req, { auth: { subject: 'mallory' } })
  next()
}

describe.each(versions)('%s', (_name, express) => {
  test('app.use, a router and a single route can be protected', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    const reports = express.Router()
    reports.get('/daily', protect(scopes('reports')), (req, res) => void res.send(protect.auth(req).subject))
    app.get('/public', (_req, res) => void res.send('public'))
    app.use(protect())
    app.use('/reports', reports)
    app.get('/:name', (req, res) => void res.send(`${req.params.name} ${protect.auth(req).subject}`))
    const send = await serve(app)
    const plain = bearer(await issuer.accessToken())
    const scoped = bearer(await issuer.accessToken({ scope: 'reports' }))

    expect((await send('/public')).body).toBe('public')
    expect((await send('/orders')).status).toBe(401)
    expect((await send('/orders', plain)).body).toBe('orders alice')
    expect((await send('/reports/daily', plain)).status).toBe(403)
    expect((await send('/reports/daily', scoped)).body).toBe('alice')
    for (const path of ['/reports/daily', '/Reports/Daily', '/reports/daily/', '/reports/%64aily', '//reports/daily']) {
      expect((await send(path)).status, path).toBe(401)
    }
    expect((await send('/', { method: 'PROPFIND' })).status).toBe(401)
  })

  test('a req.auth of another middleware is neither used nor left in place', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express().set('env', 'test').use(forge)
    app.get('/unguarded', (req, res) => void res.send(protect.auth(req).subject))
    app.get(
      '/optional',
      protect.optional(),
      (req, res) => void res.json({ auth: 'auth' in req ? req.auth : undefined }),
    )
    app.get('/strict', protect.optional(), (req, res) => void res.send(protect.auth(req).subject))
    const send = await serve(app)
    expect((await send('/unguarded')).status).toBe(500)
    expect((await send('/optional')).body).toBe('{}')
    expect((await send('/strict')).status, 'the request has no token').toBe(500)
  })

  test('an inner app replaces req.auth, and protect.auth() returns the token of its own validator', async () => {
    const issuer = await openIssuer()
    const outer = createProtect(issuer.validatorOptions)
    const inner = createProtect({ ...issuer.validatorOptions, realm: 'inner' })
    const app = express().use(outer(), inner())
    app.get('/', (req, res) => {
      const token: unknown = 'auth' in req ? req.auth : undefined
      res.json([token === inner.auth(req), inner.auth(req) === outer.auth(req)])
    })
    const send = await serve(app)
    expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('[true,false]')
  })

  test('headers that a middleware in front sets, removes or repeats count', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const token = await issuer.accessToken()
    const app = express()
    app.use('/strip', ({ headers }, _res, next) => {
      delete headers.authorization
      next()
    })
    app.use('/set', ({ headers }, _res, next) => {
      headers.authorization = `Bearer ${token}`
      next()
    })
    app.use('/repeat', ({ headers }, _res, next) => {
      headers['Authorization'] = `Bearer ${token}`
      next()
    })
    const send = await serve(app.use(protect(), (_req, res) => void res.send('ok')))
    expect((await send('/set')).status).toBe(200)
    expect((await send('/strip', bearer(token))).status).toBe(401)
    expect((await send('/repeat')).status).toBe(200)
    expect((await send('/repeat', bearer(token))).status, 'in two spellings').toBe(400)
  })

  test('a preflight that is skipped has no token', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, preflights: 'skip' })
    const app = express().set('env', 'test')
    app.options('/', protect(), (req, res) => void res.json({ token: protect.optional.auth(req) ?? null }))
    app.options('/strict', protect(), (req, res) => void res.send(protect.auth(req).subject))
    const send = await serve(app)
    const headers = [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'GET'],
    ] as const
    expect((await send('/', { method: 'OPTIONS', headers })).body).toBe('{"token":null}')
    const good = bearer(await issuer.accessToken()).headers
    app.get('/', protect(), (_req, res) => void res.send('ok'))
    expect([(await send('/', { headers: good })).status, (await send('/', { headers: good })).status]).toEqual([
      200, 200,
    ])
    const withCachedToken = await send('/', { method: 'OPTIONS', headers: [...headers, ...good] })
    expect(withCachedToken.body).toBe('{"token":null}')
    expect((await send('/strict', { method: 'OPTIONS', headers })).status).toBe(500)
  })

  test('a refusal after the response has begun goes to the error handler of the app', async () => {
    const issuer = await openIssuer()
    const seen: unknown[] = []
    const app = express().use((_req, res, next) => {
      res.write('begun')
      next()
    })
    app.use(createProtect(issuer.validatorOptions)(), () => seen.push('handled'))
    const endResponse: ErrorRequestHandler = (error: unknown, _req, res, _next) => {
      seen.push(error)
      res.end(' and ended')
    }
    const send = await serve(app.use(endResponse))
    expect((await send('/')).body).toBe('begun and ended')
    expect(seen).toEqual([expect.any(Refusal)])
  })

  test.each(['protect', 'optional'] as const)(
    '%s in place of a middleware is a 500, and no handler runs',
    async (name) => {
      const issuer = await openIssuer()
      const protect = createProtect(issuer.validatorOptions)
      let handled = 0
      const app = express().set('env', 'test')
      app.use((name === 'protect' ? protect : protect.optional) as unknown as RequestHandler)
      const send = await serve(app.use(() => (handled += 1)))
      expect((await send('/', bearer(await issuer.accessToken()))).status).toBe(500)
      expect(handled).toBe(0)
    },
  )
})

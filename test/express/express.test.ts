import { createServer, type RequestListener } from 'node:http'
import {
  active,
  type AsIssued,
  claims,
  clientSecretBasic,
  createProtect,
  createValidator,
  defineGuard,
  Refusal,
  scopes,
  type StandardSchema,
  trustedIssuer,
  Unavailable,
} from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import express5, { type ErrorRequestHandler } from 'express'
import express4 from 'express4'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { send } from '../harness/send.ts'

function bearer(token: string): { headers: readonly (readonly [string, string])[] } {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

async function serve(app: RequestListener): Promise<string> {
  return listen(createServer(app))
}

const versions = [
  ['Express 5', express5],
  ['Express 4', express4],
] as const

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
      refusals: 'throw',
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

  test('protection twice on one request judges the token once', async () => {
    const issuer = await openIssuer()
    let asked = 0
    const clock = (): number => {
      asked += 1
      return issuer.clock()
    }
    const validator = createValidator({ ...issuer.validatorOptions, clock })
    let authenticated = 0
    const counting = {
      ...validator,
      authenticateOptional: (request: Parameters<typeof validator.authenticateOptional>[0]) => {
        authenticated += 1
        return validator.authenticateOptional(request)
      },
    }
    const protect = createProtect(counting)
    const app = express()
    app.use(protect())
    app.get('/', protect(), protect(scopes('read')), (req, res) => void res.send(protect.auth(req).subject))
    const origin = await serve(app)
    expect((await send(origin, { path: '/', ...bearer(await issuer.accessToken({ scope: 'read' })) })).body).toBe(
      'alice',
    )
    expect(authenticated).toBe(1)
    expect(asked).toBeGreaterThan(0)
  })

  test('a sub-app of another audience makes its own judgement', async () => {
    const issuer = await openIssuer()
    const outer = createProtect(issuer.validatorOptions)
    const inner = createProtect({ ...issuer.validatorOptions, audience: 'https://inner.example' })
    const app = express()
    const sub = express()
    sub.get('/', inner(), (req, res) => void res.send(inner.auth(req).audience.join(' ')))
    app.use('/inner', outer(), sub)
    const origin = await serve(app)
    expect((await send(origin, { path: '/inner', ...bearer(await issuer.accessToken()) })).status).toBe(401)
    const both = [audience, 'https://inner.example']
    expect((await send(origin, { path: '/inner', ...bearer(await issuer.accessToken({ aud: both })) })).body).toBe(
      both.join(' '),
    )
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

  test('headers that the app has set stay, its own challenge included', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    app.use((_req, res, next) => {
      res.setHeader('Access-Control-Allow-Origin', '*')
      res.setHeader('WWW-Authenticate', 'Basic realm="staging"')
      next()
    })
    app.get('/', protect(), (_req, res) => void res.send('ok'))
    const { headers, challenges } = await send(await serve(app), { path: '/' })
    expect(headers['access-control-allow-origin']).toBe('*')
    expect(challenges).toEqual(['Basic realm="staging"', 'Bearer realm="api"'])
  })

  test("with refusals: 'throw' the app's error handler sees the error", async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ ...issuer.validatorOptions, refusals: 'throw' })
    const app = express()
    const seen: unknown[] = []
    app.get('/', protect(scopes('read')), (_req, res) => void res.send('ok'))
    app.use(((error: unknown, _req, res, _next) => {
      seen.push(error)
      const { status, headers } = error as Refusal
      res.set(headers).status(status).send('mine')
    }) satisfies express5.ErrorRequestHandler)
    const { status, body, challenges } = await send(await serve(app), {
      path: '/',
      ...bearer(await issuer.accessToken()),
    })
    expect([status, body]).toEqual([403, 'mine'])
    expect(challenges).toHaveLength(1)
    expect(seen[0]).toBeInstanceOf(Refusal)
    expect(seen[0]).toMatchObject({
      code: 'insufficient_scope',
      reason: 'missing-scope',
      status: 403,
      statusCode: 403,
      expose: true,
    })
  })

  test("with refusals: 'throw' and no error handler Express answers with status and challenge", async () => {
    const issuer = await openIssuer()
    const protect = createProtect(createValidator(issuer.validatorOptions), { refusals: 'throw' })
    const app = express()
    app.set('env', 'test')
    app.get('/', protect(), (_req, res) => void res.send('ok'))
    const { status, challenges } = await send(await serve(app), { path: '/' })
    expect([status, challenges]).toEqual([401, ['Bearer realm="api"']])
  })

  test('what is neither refusal nor outage is the 500 of the app, and never reaches the handler', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    app.set('env', 'test')
    let handled = 0
    const failing = [
      defineGuard({ check: () => Promise.reject(new TypeError('a bug')) }),
      defineGuard({
        check: () => {
          throw new TypeError('a bug')
        },
      }),
      defineGuard({ check: () => false as unknown as undefined }),
      defineGuard({ check: () => true as unknown as undefined }),
      defineGuard({ check: () => new Refusal({ code: 'forbidden' as 'invalid_token', reason: 'x' }) }),
      defineGuard({ check: () => new Refusal('why' as unknown as { reason: string }) }),
      claims(() => new Refusal({ reason: 'x' }) as unknown as boolean, 'x'),
      claims(() => 'yes' as unknown as boolean, 'x'),
      claims(() => undefined as unknown as boolean, 'x'),
    ]
    for (const [index, guard] of failing.entries()) {
      app.get(`/${index}`, protect(guard), (_req, res) => {
        handled += 1
        res.send('ok')
      })
    }
    const origin = await serve(app)
    for (const index of failing.keys()) {
      const { status, challenges } = await send(origin, { path: `/${index}`, ...bearer(await issuer.accessToken()) })
      expect([status, challenges], `guard ${index}`).toEqual([500, []])
    }
    expect(handled).toBe(0)
  })

  test.each([[undefined], [null], [0], [''], [false], ['route'], ['router']])(
    'whatever is thrown, %j too, is a 500 and lets nobody through',
    async (thrown) => {
      const issuer = await openIssuer()
      const reject = (): Promise<never> => Promise.reject(thrown)
      const byGuard = createProtect(issuer.validatorOptions)
      const byIssuer = createProtect({ ...issuer.validatorOptions, issuer: reject })
      const app = express()
      app.set('env', 'test')
      let handled = 0
      const handler = (_req: unknown, res: { send: (body: string) => void }): void => {
        handled += 1
        res.send('ok')
      }
      const router = express.Router()
      router.get('/claims', byGuard(claims(reject, 'x')), handler)
      router.get('/guard', byGuard(defineGuard({ check: reject })), handler)
      router.get('/optional', byGuard.optional(defineGuard({ check: reject })), handler)
      router.get('/issuer', byIssuer(), handler)
      router.get('/issuer/optional', byIssuer.optional(), handler)
      app.use(router, handler)
      const origin = await serve(app)
      for (const path of ['/claims', '/guard', '/optional', '/issuer', '/issuer/optional']) {
        const { status, challenges } = await send(origin, { path, ...bearer(await issuer.accessToken()) })
        expect([status, challenges], path).toEqual([500, []])
      }
      expect(handled).toBe(0)
    },
  )

  test('an error that carries a status and headers of its own does not become the answer', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const upstream = Object.assign(new Error('upstream'), {
      status: 401,
      statusCode: 401,
      headers: { 'X-Internal': 'secret' },
    })
    const app = express()
    app.set('env', 'test')
    app.get('/', protect(claims(() => Promise.reject(upstream), 'x')), (_req, res) => void res.send('ok'))
    const { status, headers } = await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })
    expect([status, headers['x-internal']]).toEqual([500, undefined])
  })

  test('a refusal that comes too late is for the app, which may have begun to answer', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    const seen: unknown[] = []
    app.get('/', (_req, res, next) => {
      res.write('begun')
      next()
    })
    app.get('/', protect(), () => seen.push('handled'))
    app.use(((error: unknown, _req, res, _next) => {
      seen.push(error)
      res.end(' and ended')
    }) satisfies express5.ErrorRequestHandler)
    expect((await send(await serve(app), { path: '/' })).body).toBe('begun and ended')
    expect(seen).toEqual([expect.any(Refusal)])
  })

  test('an error of the handler is the app’s own', async () => {
    const issuer = await openIssuer()
    const protect = createProtect(issuer.validatorOptions)
    const app = express()
    app.set('env', 'test')
    app.get('/', protect(), () => {
      throw new Error('mine')
    })
    const { status, challenges } = await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })
    expect([status, challenges]).toEqual([500, []])
  })

  test('an outage is an Unavailable', async () => {
    const issuer = await openIssuer()
    const protect = createProtect({ issuer: 'http://127.0.0.1:9', audience, refusals: 'throw', clock: issuer.clock })
    const app = express()
    const seen: unknown[] = []
    app.get('/', protect(), (_req, res) => void res.send('ok'))
    app.use(((error: unknown, _req, res, _next) => {
      seen.push(error)
      res.sendStatus((error as Unavailable).status)
    }) satisfies express5.ErrorRequestHandler)
    const token = await issuer.accessToken({ iss: 'http://127.0.0.1:9' })
    expect((await send(await serve(app), { path: '/', ...bearer(token) })).status).toBe(503)
    expect(seen[0]).toBeInstanceOf(Unavailable)
    expect(seen[0]).toMatchObject({
      code: 'ERR_UPSTREAM_UNREACHABLE',
      reason: 'network',
      issuer: 'http://127.0.0.1:9',
      expose: false,
    })
  })
})

test('options count wherever an object has them', async () => {
  const issuer = await openIssuer()
  const refuseAll: StandardSchema<AsIssued> = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'no' }] }) },
  }
  class Config {
    issuer = issuer.validatorOptions.issuer
    audience = audience
    dispatcher = issuer.validatorOptions.dispatcher
    clock = issuer.clock
    get claims(): StandardSchema<AsIssued> {
      return refuseAll
    }
    get refusals(): 'throw' {
      return 'throw'
    }
  }
  const app = express5()
  app.get('/', createProtect(new Config())(), (_req, res) => void res.send('ok'))
  const own: ErrorRequestHandler = (error: Refusal, _req, res, _next) =>
    void res.status(error.status).send(error.reason)
  app.use(own)
  const received = await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })
  expect([received.status, received.body]).toEqual([401, 'wrong-claims'])
})

test('a guard that is called as ours is by its reason leaves the token good for others', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, refusals: 'throw' })
  const app = express5()
  const goOn: ErrorRequestHandler = (_error, _req, _res, next) => next()
  app.use(protect(defineGuard({ check: () => new Refusal({ reason: 'inactive' }) })), goOn)
  app.get('/', protect(), (req, res) => void res.send(protect.auth(req).subject))
  expect((await send(await serve(app), { path: '/', ...bearer(await issuer.accessToken()) })).body).toBe('alice')
})

test('a preflight that passes has no token', async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, preflights: 'pass' })
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

test('the message of a mistake tells the fix', () => {
  const create = createProtect as (...args: unknown[]) => unknown
  const options = { issuer: 'https://as.example', audience: 'api' }
  const protect = createProtect(options)
  const messageOf = (mistake: () => unknown): string => {
    try {
      mistake()
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('It was taken for good')
  }
  expect(messageOf(() => create({ ...options, algorithms: ['ES256'] }))).toContain('trustedIssuer(url, { algorithms })')
  expect(messageOf(() => create({ ...options, refusal: 'throw' }))).toContain('refusals')
  expect(messageOf(() => create(options, { refusals: 'throw' }))).toContain('first argument')
  expect(messageOf(() => (protect as (guard: unknown) => unknown)('read'))).toContain('scopes(')
  expect(messageOf(() => (protect as (guard: unknown) => unknown)({ method: 'GET', headers: {} }))).toContain(
    'protect()',
  )
  expect(messageOf(() => create({ ...options, audience: undefined }))).toContain('`audience`')
})

test('a Refusal is 403 unless it says otherwise', () => {
  expect(new Refusal({ reason: 'mine' })).toMatchObject({ status: 403, code: 'insufficient_scope', reason: 'mine' })
  expect(new Refusal({ reason: 'mine', code: 'invalid_token' }).status).toBe(401)
})

test.each([
  ['no options', undefined],
  ['the metadata for the issuer', { issuer: 'https://as.example/.well-known/openid-configuration', audience: 'api' }],
  ['a clock of seconds', { issuer: 'https://as.example', audience: 'api', clock: () => 1_700_000_000 }],
  ['null for a dispatcher', { issuer: 'https://as.example', audience: 'api', dispatcher: null }],
  ['an option of the issuer', { issuer: 'https://as.example', audience: 'api', secret: 'x'.repeat(32) }],
  ['a misspelt option', { issuer: 'https://as.example', audiences: 'api' }],
  ['no issuer', { audience: 'api' }],
  ['no audience', { issuer: 'https://as.example' }],
  ['an unknown word', { issuer: 'https://as.example', audience: 'api', refusals: 'ignore' }],
  ['an issuer twice', { issuer: ['https://as.example', 'https://as.example'], audience: 'api' }],
  ['no issuers', { issuer: [], audience: 'api' }],
  ['an issuer made by hand', { issuer: { url: 'https://as.example' }, audience: 'api' }],
  ['a clock that tells no number', { issuer: 'https://as.example', audience: 'api', clock: () => 'now' }],
  ['a dispatcher that is none', { issuer: 'https://as.example', audience: 'api', dispatcher: {} }],
])('%s is a TypeError at start-up', (_what, options) => {
  const create = createProtect as (options: unknown) => unknown
  expect(() => create(options)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
})

test.each([
  ['a text', 'read'],
  ['nothing', undefined],
  ['an object of the right shape', { demands: {}, stage: 'claims', check: () => undefined }],
])('%s in place of a guard is a TypeError when the route is defined', (_what, guard) => {
  const protect = createProtect({ issuer: 'https://as.example', audience: 'api' })
  expect(() => (protect as (guard: unknown) => unknown)(guard)).toThrow(TypeError)
  expect(() => (protect.optional as (guard: unknown) => unknown)(guard)).toThrow(TypeError)
})

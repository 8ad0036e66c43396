/** Responses that other middleware has begun, and errors for the error handling of Hono. */
import { createProtect, isRefusal, isUnavailable, Refusal, scopes, Unavailable } from '@tollgate/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'
import { expect, test } from 'vitest'
import { audience, openIssuer } from '../harness/reference.ts'
import { bearer, serve } from './serving.ts'

const modes = ['respond', 'throw'] as const
const missingScope =
  'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="read"'

test.each([
  ['a text', (): Response => new Response('for nobody', { headers: { 'Content-Length': '10', ETag: '"1"' } })],
  ['no body', (): Response => new Response(null, { status: 204 })],
  ['a stream', (): Response => new Response(new Blob(['for nobody']).stream(), { status: 203 })],
])('a refusal replaces a response that is already set: %s', async (_what, responseOf) => {
  const issuer = await openIssuer()
  let handled = 0
  const app = new Hono().use((c, next) => {
    c.res = responseOf()
    return next()
  })
  app.get('/', createProtect(issuer.validatorOptions)(), (c) => c.text(String((handled += 1))))
  const { send } = await serve(app)
  const { status, headers, challenges, body } = await send('/')
  expect([status, challenges, body, handled]).toEqual([401, ['Bearer realm="api"'], '{}', 0])
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
})

/** Ways in which a middleware sets a header before the next one. */
const fronts: readonly (readonly [string, MiddlewareHandler])[] = [
  [
    'c.header',
    (c, next) => {
      c.header('X-Own', 'mine')
      c.header('Set-Cookie', 'a=1')
      c.header('WWW-Authenticate', 'Basic realm="staging"')
      return next()
    },
  ],
  [
    'c.res.headers',
    (c, next) => {
      c.res.headers.set('X-Own', 'mine')
      c.res.headers.append('Set-Cookie', 'a=1')
      c.res.headers.append('WWW-Authenticate', 'Basic realm="staging"')
      return next()
    },
  ],
]

test.each(fronts)('a refusal leaves headers in place that a middleware set by %s', async (_name, front) => {
  const issuer = await openIssuer()
  const app = new Hono().use(cors({ origin: '*', exposeHeaders: ['WWW-Authenticate'] }), front)
  app.get('/', createProtect(issuer.validatorOptions)(), (c) => c.text('ok'))
  const { send } = await serve(app)
  const { status, headers, challenges } = await send('/')
  expect([status, challenges]).toEqual([401, ['Basic realm="staging"', 'Bearer realm="api"']])
  expect(headers).toMatchObject({
    'x-own': 'mine',
    'set-cookie': ['a=1'],
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'WWW-Authenticate',
    'content-type': 'application/json',
  })
  expect((await send('/', bearer(await issuer.accessToken()))).headers['x-own']).toBe('mine')
})

test.each(modes)('with errors: %j headers that a middleware sets after the refusal are sent', async (errors) => {
  const issuer = await openIssuer()
  const app = new Hono().use(async (c, next) => {
    await next()
    c.header('X-After', String(c.res.status))
  })
  app.get('/', createProtect({ ...issuer.validatorOptions, errors })(), (c) => c.text('ok'))
  const { send } = await serve(app)
  const { headers, challenges } = await send('/')
  expect([headers['x-after'], challenges]).toEqual(['401', ['Bearer realm="api"']])
})

test('a refusal is sent when a middleware around the protection drops its response', async () => {
  const issuer = await openIssuer()
  const everywhere = createProtect(issuer.validatorOptions)()
  let handled = 0
  const app = new Hono().use(async (c, next) => {
    await everywhere(c, next)
  })
  const { send } = await serve(app.get('/', (c) => c.text(String((handled += 1)))))
  expect((await send('/')).challenges).toEqual(['Bearer realm="api"'])
  expect(handled).toBe(0)
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('1')
})

test("with errors: 'throw' the default error handling sends the response, and leaves other headers in place", async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
  const app = new Hono().use(cors({ origin: '*' })).get('/', protect(scopes('read')), (c) => c.text('ok'))
  const { send, errors } = await serve(app)
  const { status, headers, challenges, body } = await send('/', bearer(await issuer.accessToken()))
  expect([status, challenges]).toEqual([403, [missingScope]])
  expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' })
  expect(JSON.parse(body)).toMatchObject({ error: 'insufficient_scope' })
  expect(errors).toEqual([expect.any(Refusal)])
  expect(errors).toMatchObject([{ reason: 'missing-scope' }])
})

test("with errors: 'throw' app.onError gets the refusal or the outage, and may send its getResponse()", async () => {
  const issuer = await openIssuer()
  const url = 'http://127.0.0.1:10'
  const throwing = { errors: 'throw', clock: issuer.clock } as const
  const app = new Hono()
  app.get('/', createProtect({ ...issuer.validatorOptions, ...throwing })(), (c) => c.text('ok'))
  app.get('/down', createProtect({ issuer: url, audience, ...throwing })(), (c) => c.text('ok'))
  app.onError((error, c) => {
    if (!('getResponse' in error)) {
      return c.text('mine', 500)
    }
    const response = error.getResponse()
    response.headers.set('X-Error', `${error.name} ${isRefusal(error)} ${isUnavailable(error)}`)
    return response
  })
  const { send, errors } = await serve(app)
  const refused = await send('/')
  expect([refused.status, refused.challenges]).toEqual([401, ['Bearer realm="api"']])
  expect(refused.headers['x-error']).toBe('Refusal true false')
  const down = await send('/down', bearer(await issuer.accessToken({ iss: url })))
  expect([down.status, down.challenges, down.headers['retry-after']]).toEqual([503, [], expect.stringMatching(/^\d+$/)])
  expect(down.headers['x-error']).toBe('Unavailable false true')
  expect(down.body).not.toContain('127.0.0.1')
  expect(errors).toEqual([expect.any(Refusal), expect.any(Unavailable)])
})

test("with errors: 'throw' an error handler can replace the headers of the error", async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
  const app = new Hono().get('/', protect(), (c) => c.text('ok'))
  const original = app as unknown as { errorHandler: (error: Error, c: unknown) => Response }
  const { errorHandler } = original
  app.onError((error, c) => {
    Object.assign(error, { headers: { 'WWW-Authenticate': 'Bearer realm="mine"' } })
    return errorHandler(error, c)
  })
  const { send } = await serve(app)
  expect((await send('/')).challenges).toEqual(['Bearer realm="mine"'])
})

test("with errors: 'throw' the error handling of a sub-app gets the refusals of its routes", async () => {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, errors: 'throw' })
  const sub = new Hono().get('/', protect(), (c) => c.text('ok'))
  sub.onError((error, c) => c.text(`sub ${error.name}`, 401, { 'WWW-Authenticate': 'Bearer realm="sub"' }))
  const { send } = await serve(new Hono().route('/sub', sub).get('/', protect(), (c) => c.text('ok')))
  expect(await send('/sub')).toMatchObject({ challenges: ['Bearer realm="sub"'], body: 'sub Refusal' })
  expect((await send('/')).challenges).toEqual(['Bearer realm="api"'])
})

test('an error or a 401 of a handler is left to Hono', async () => {
  const issuer = await openIssuer()
  const mistake = new Error('mine')
  const refusal = new Refusal({ code: 'invalid_token', reason: 'of-a-handler' })
  const app = new Hono().use(createProtect(issuer.validatorOptions)())
  app.get('/failing', () => Promise.reject(mistake))
  app.get('/refusing', () => Promise.reject(refusal))
  app.get('/exception', () => {
    throw new HTTPException(401, { message: 'the second factor, please' })
  })
  app.get('/set', (c) => c.text('mine', 401, { 'WWW-Authenticate': 'Basic realm="mine"' }))
  const { send, errors } = await serve(app)
  const good = bearer(await issuer.accessToken())
  expect(await send('/failing', good)).toMatchObject({ status: 500, challenges: [] })
  expect(await send('/refusing', good)).toMatchObject({ status: 500, challenges: [] })
  expect(errors).toEqual([mistake, refusal])
  expect(await send('/exception', good)).toMatchObject({
    status: 401,
    challenges: [],
    body: 'the second factor, please',
  })
  expect(await send('/set', good)).toMatchObject({ status: 401, challenges: ['Basic realm="mine"'], body: 'mine' })
})

test('the middleware behind the protection runs once and in order', async () => {
  const issuer = await openIssuer()
  const protect = createProtect(issuer.validatorOptions)
  const order: string[] = []
  const recording =
    (name: string): MiddlewareHandler =>
    async (_c, next) => {
      await next()
      order.push(name)
    }
  const app = new Hono().use(recording('in front'), protect(), recording('behind'))
  app.get('/', async (c) => {
    await new Promise(setImmediate)
    order.push('handler')
    return c.text(protect.auth(c).subject ?? '')
  })
  const { send } = await serve(app)
  expect((await send('/', bearer(await issuer.accessToken()))).body).toBe('alice')
  expect((await send('/')).status).toBe(401)
  expect(order).toEqual(['handler', 'behind', 'in front', 'in front'])
})

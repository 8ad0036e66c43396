import { createValidator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { AppModule } from './app.ts'
import { create, listen, type Platform, platformNames, type Received, send, type Sent } from './serving.ts'
import { VALIDATOR } from './tollgate.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

async function call(platform: Platform, line: string, sent?: Sent): Promise<Received> {
  const app = await create(platform, AppModule.trusting(issuer.validatorOptions))
  return send(await listen(app), line, sent)
}

async function bearer(claims?: Record<string, unknown>): Promise<Sent> {
  return { authorization: [`Bearer ${await issuer.accessToken(claims)}`] }
}

const readOrders = 'Bearer realm="api", scope="orders:read"'
const invalid = 'Bearer realm="api", error="invalid_token", error_description="The access token is not valid"'
const lacking = (scope: string) =>
  `Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="${scope}"`

describe.each(platformNames)('on %s', (platform) => {
  test('a request without credentials is 401 with the scopes of the route', async () => {
    expect(await call(platform, 'GET /orders')).toEqual({
      status: 401,
      challenges: [readOrders],
      cacheControl: 'no-store',
      contentType: 'application/json; charset=utf-8',
      retryAfter: undefined,
      body: '{}',
    })
  })

  test('a caller with the scope gets the orders', async () => {
    const token = await bearer({ sub: 'alice', scope: 'orders:read' })
    expect(await call(platform, 'GET /orders', token)).toMatchObject({ status: 200, body: '{"for":"alice"}' })
  })

  test('a token without the scope is 403', async () => {
    expect(await call(platform, 'GET /orders', await bearer({ scope: 'orders:write' }))).toMatchObject({
      status: 403,
      challenges: [lacking('orders:read')],
      cacheControl: 'no-store',
    })
  })

  test('an invalid token is 401', async () => {
    const authorization = [`Bearer ${await issuer.wrongToken('tampered', { scope: 'orders:read' })}`]
    expect(await call(platform, 'GET /orders', { authorization })).toMatchObject({ status: 401, challenges: [invalid] })
  })

  test('several Authorization lines are 400', async () => {
    const { authorization: [line = ''] = [] } = await bearer({ scope: 'orders:read' })
    for (const authorization of [
      [line, line],
      [line, 'Basic YTpi'],
      ['Basic YTpi', line],
    ]) {
      const { status, challenges } = await call(platform, 'GET /orders', { authorization })
      expect({ status, challenges }).toEqual({
        status: 400,
        challenges: [expect.stringContaining('error="invalid_request"')],
      })
    }
  })

  test('every guard of a route must accept the token', async () => {
    const both = await bearer({ scope: 'orders:write', tenant: 'acme', client_id: 'shop' })
    expect(await call(platform, 'POST /orders', both)).toMatchObject({ status: 201, body: '{"by":"shop"}' })
    expect(await call(platform, 'POST /orders', await bearer({ scope: 'orders:write' }))).toMatchObject({ status: 403 })
    expect(await call(platform, 'POST /orders', await bearer({ tenant: 'acme' }))).toMatchObject({ status: 403 })
  })

  test('the scopes of class and method are one challenge', async () => {
    const challenge = 'Bearer realm="api", scope="reports:read salaries:read"'
    expect(await call(platform, 'GET /reports/salaries')).toMatchObject({ status: 401, challenges: [challenge] })
    for (const [scope, status] of [
      ['reports:read', 403],
      ['salaries:read', 403],
      ['salaries:read reports:read', 200],
    ] as const) {
      expect(await call(platform, 'GET /reports/salaries', await bearer({ scope }))).toMatchObject({ status })
    }
    expect(await call(platform, 'GET /reports', await bearer({ scope: 'reports:read' }))).toMatchObject({ status: 200 })
    expect(await call(platform, 'GET /reports', await bearer())).toMatchObject({ status: 403 })
  })

  test('a public route needs no token, also in a protected class', async () => {
    const authorization = ['Bearer invalid']
    expect(await call(platform, 'GET /health', { authorization })).toMatchObject({ status: 200, challenges: [] })
    expect(await call(platform, 'GET /reports/catalogue')).toMatchObject({ status: 200, body: '["salaries"]' })
  })

  test('a route without a decorator needs a valid token', async () => {
    const challenges = ['Bearer realm="api"']
    expect(await call(platform, 'GET /account')).toMatchObject({ status: 401, challenges, body: '{}' })
    expect(await call(platform, 'GET /account', await bearer({ sub: 'bob' }))).toMatchObject({ body: '{"of":"bob"}' })
  })

  test('an optional route refuses an invalid token', async () => {
    const authorization = [`Bearer ${await issuer.wrongToken('expired')}`]
    expect(await call(platform, 'GET /catalogue')).toMatchObject({ body: '{"prices":"list"}' })
    expect(await call(platform, 'GET /catalogue', await bearer({ sub: 'alice' }))).toMatchObject({
      body: '{"prices":"for alice"}',
    })
    expect(await call(platform, 'GET /catalogue', { authorization })).toMatchObject({ status: 401 })
  })

  test('an unknown route is 404 without a challenge', async () => {
    const { status, challenges } = await call(platform, 'GET /nowhere')
    expect({ status, challenges }).toEqual({ status: 404, challenges: [] })
  })

  test('a valid token is 503 while the issuer is down', async () => {
    const down = await createMockIssuer()
    const authorization = [`Bearer ${await down.accessToken({ scope: 'orders:read' })}`]
    await down.close()
    const app = await create(platform, AppModule.trusting(down.validatorOptions))
    const received = await send(await listen(app), 'GET /orders', { authorization })
    expect(received).toMatchObject({ status: 503, challenges: [], cacheControl: 'no-store' })
    expect(Number(received.retryAfter)).toBeGreaterThan(0)
    expect(JSON.parse(received.body)).toMatchObject({ error: 'temporarily_unavailable' })
  })

  test('the response contains the challenge of the app and ours', async () => {
    const app = await create(platform, AppModule.trusting(issuer.validatorOptions))
    app.use((_req: unknown, res: { setHeader(name: string, value: string): void }, next: () => void) => {
      res.setHeader('WWW-Authenticate', 'Basic realm="staging"')
      next()
    })
    const { challenges } = await send(await listen(app), 'GET /orders')
    expect(challenges).toEqual(['Basic realm="staging"', readOrders])
  })

  test('the CORS of Nest responds to preflights and exposes the challenge', async () => {
    const app = await create(platform, AppModule.trusting(issuer.validatorOptions))
    app.enableCors({ exposedHeaders: ['WWW-Authenticate'] })
    const orders = `${await listen(app)}/orders`
    const headers = { origin: 'https://shop.example.com', 'access-control-request-method': 'GET' }
    expect((await fetch(orders, { method: 'OPTIONS', headers })).status).toBe(204)
    const refused = await fetch(orders, { headers })
    expect(refused.headers.get('access-control-expose-headers')).toBe('WWW-Authenticate')
    expect(refused.headers.get('www-authenticate')).toBe(readOrders)
  })

  test('a form body can carry the token, because Nest parses it before the guards', async () => {
    const app = await create(platform, AppModule.trusting({ ...issuer.validatorOptions, formBody: 'accepted' }))
    const token = await issuer.accessToken({ scope: 'orders:write', tenant: 'acme' })
    const received = await send(await listen(app), 'POST /orders', { form: `access_token=${token}` })
    expect(received.status).toBe(201)
  })

  test('a request is validated once', async () => {
    // The methods of a validator cannot be replaced. Those of a copy can.
    const validator = { ...createValidator(issuer.validatorOptions) }
    const validations = vi.spyOn(validator, 'authenticateOptional')
    const app = await create(platform, AppModule.trusting({ validator }))
    const token = await bearer({ scope: 'reports:read salaries:read' })
    expect(await send(await listen(app), 'GET /reports/salaries', token)).toMatchObject({ status: 200 })
    expect(validations).toHaveBeenCalledOnce()
  })

  test('the app closes its own validator and not a given one', async () => {
    const validator = createValidator(issuer.validatorOptions)
    const withGiven = await create(platform, AppModule.trusting({ validator }))
    const own = await create(platform, AppModule.trusting(issuer.validatorOptions))
    const itsValidator = own.get<typeof validator>(VALIDATOR)
    await Promise.all([withGiven.close(), own.close()])
    await expect(validator.ready()).resolves.toBeUndefined()
    await expect(itsValidator.ready()).rejects.toThrow(/closed/)
    await validator.close()
  })
})

test('both platforms send the same response', async () => {
  const requests: readonly (readonly [string, Sent?])[] = [
    ['GET /orders'],
    ['HEAD /orders'],
    ['GET /orders', { authorization: ['Bearer'] }],
    ['GET /orders', { authorization: ['Basic YTpi'] }],
    ['GET /orders', { authorization: ['Bearer a', 'Bearer b'] }],
    ['GET /orders', { authorization: [`Bearer ${await issuer.wrongToken('expired')}`] }],
    ['GET /orders', await bearer({ scope: 'other' })],
    ['POST /orders', await bearer({ scope: 'orders:write', tenant: 'other' })],
    ['GET /reports/salaries', await bearer({ scope: 'reports:read' })],
    ['GET /account'],
  ]
  for (const [line, sent] of requests) {
    const [express, fastify] = await Promise.all(platformNames.map((platform) => call(platform, line, sent)))
    expect(express?.challenges).toHaveLength(1)
    expect(fastify).toEqual(express)
  }
})

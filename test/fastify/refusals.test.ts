import tollgate, {
  claims,
  createValidator,
  defineGuard,
  Refusal,
  scopes,
  type TollgateOptions,
  Unavailable,
} from '@tollgate/fastify'
import { errorCodes, type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { listening } from '../harness/listening.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { asking, openApp } from './asking.ts'

async function openThrowing(options: TollgateOptions): Promise<FastifyInstance> {
  const app = openApp()
  await app.register(tollgate, { ...options, errors: 'throw' })
  app.get('/', { onRequest: app.protect(scopes('read')) }, async () => 'ok')
  return app
}

/** Shows the app's own error handler, and answers as it well may. */
function handleErrors(app: FastifyInstance): readonly unknown[] {
  const seen: unknown[] = []
  app.setErrorHandler((error: Partial<Refusal>, _request, reply) => {
    seen.push(error)
    return reply
      .code(error.status ?? 500)
      .headers(error.headers ?? {})
      .send('mine')
  })
  return seen
}

test("with errors: 'throw' the error handler of the scope answers", async () => {
  const issuer = await openIssuer()
  const app = await openThrowing(issuer.validatorOptions)
  await app.register(async (scope) => {
    handleErrors(scope)
    scope.get('/scope', { onRequest: scope.protect(scopes('read')) }, async () => 'ok')
    scope.get('/config', { config: { auth: scopes('read') } }, async () => 'ok')
  })
  const ask = await asking(app)
  for (const path of ['/scope', '/config']) {
    const { status, body, challenges } = await ask(path, { token: await issuer.accessToken() })
    expect([status, body]).toEqual([403, 'mine'])
    expect(challenges).toHaveLength(1)
  }
})

test("with errors: 'throw' what the error handler sees says all there is to say", async () => {
  const issuer = await openIssuer()
  const app = openApp()
  const seen = handleErrors(app)
  await app.register(tollgate, { ...issuer.validatorOptions, errors: 'throw' })
  app.get('/', { onRequest: app.protect(scopes('read')) }, async () => 'ok')
  const ask = await asking(app)
  const tokens = [undefined, await issuer.wrongToken('expired'), await issuer.accessToken()]
  for (const [index, status] of [401, 401, 403].entries()) {
    const answer = await ask('/', { token: tokens[index] })
    expect([answer.status, answer.body, answer.challenges.length]).toEqual([status, 'mine', 1])
  }
  expect(seen).toEqual([expect.any(Refusal), expect.any(Refusal), expect.any(Refusal)])
  expect(seen.map((error) => (error as Refusal).reason)).toEqual(['no-credentials', 'expired', 'missing-scope'])
})

test("with errors: 'throw' and no error handler Fastify tells the status and the challenge, and nothing more", async () => {
  const issuer = await openIssuer()
  const refusals = listening('tollgate:refusal')
  const schema = {
    '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'm', path: ['tenant'] }] }) },
  } as const
  const ask = await asking(
    await openThrowing({ validator: createValidator({ ...issuer.validatorOptions, claims: schema }) }),
  )
  const { status, challenges, headers, body } = await ask('/', { token: await issuer.accessToken({ scope: 'read' }) })
  expect([status, headers['cache-control']]).toEqual([401, 'no-store'])
  expect(challenges).toEqual([expect.stringContaining('error="invalid_token"')])
  expect(refusals[0]?.refusal).toMatchObject({ reason: 'wrong-claims', claimPaths: ['tenant'] })
  expect(body).not.toMatch(/wrong-claims|tenant|stack/)
  const without = await ask('/')
  expect([without.status, without.challenges]).toEqual([401, ['Bearer realm="api", scope="read"']])
})

test('an outage is an Unavailable, and never a refusal', async () => {
  const issuer = await openIssuer()
  const options = { issuer: 'http://127.0.0.1:9', audience, clock: issuer.clock }
  const token = await issuer.accessToken({ iss: options.issuer, scope: 'read' })
  const answering = openApp()
  await answering.register(tollgate, options)
  answering.get('/', { config: { auth: true } }, async () => 'ok')
  const throwing = openApp()
  const seen = handleErrors(throwing)
  await throwing.register(tollgate, { ...options, errors: 'throw' })
  throwing.get('/', { config: { auth: true } }, async () => 'ok')
  for (const app of [answering, throwing]) {
    const { status, challenges, headers } = await (await asking(app))('/', { token })
    expect([status, challenges, headers['retry-after']]).toEqual([503, [], expect.any(String)])
  }
  expect(seen).toEqual([expect.any(Unavailable)])
  expect(seen[0]).toMatchObject({ code: 'ERR_UPSTREAM_UNREACHABLE', status: 503, expose: false })
  // Once the first app has asked in vain, what they share of the upstream backs off.
  expect(['network', 'backing-off']).toContain((seen[0] as Unavailable).reason)
})

const misleading = [
  undefined,
  null,
  0,
  '',
  false,
  'route',
  Object.assign(new Error('upstream'), {
    status: 401,
    headers: { 'WWW-Authenticate': 'Basic', 'X-Internal': 'secret' },
  }),
  Object.assign(new Error('fine'), { statusCode: 200 }),
  new errorCodes.FST_ERR_NOT_FOUND(),
  new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE('text/plain'),
]

test.each(misleading)(
  'whatever a function of the app throws, %s too, is a 500 and lets nobody through',
  async (thrown) => {
    const issuer = await openIssuer()
    const reject = (): Promise<never> => Promise.reject(thrown)
    const app = openApp()
    await app.register(tollgate, issuer.validatorOptions)
    let handled = 0
    const handler = async (): Promise<string> => {
      handled += 1
      return 'ok'
    }
    const failing = [claims(reject, 'x'), defineGuard({ check: reject })]
    for (const [index, guard] of failing.entries()) {
      app.get(`/onRequest/${index}`, { onRequest: app.protect(guard) }, handler)
      app.get(`/preHandler/${index}`, { preHandler: app.protect(guard) }, handler)
      app.get(`/optional/${index}`, { onRequest: app.protect.optional(guard) }, handler)
      app.get(`/config/${index}`, { config: { auth: guard } }, handler)
    }
    await app.register(async (scope) => {
      await scope.register(tollgate, { ...issuer.validatorOptions, issuer: reject })
      scope.get('/onRequest/issuer', { onRequest: scope.protect() }, handler)
      scope.get('/optional/issuer', { config: { auth: 'optional' } }, handler)
    })
    const ask = await asking(app)
    const names = ['onRequest', 'preHandler', 'optional', 'config'].flatMap((name) => [`${name}/0`, `${name}/1`])
    for (const path of [...names, 'onRequest/issuer', 'optional/issuer']) {
      const { status, challenges, headers } = await ask(`/${path}`, { token: await issuer.accessToken() })
      expect([status, challenges, headers['x-internal']], path).toEqual([500, [], undefined])
    }
    expect(handled).toBe(0)
  },
)

test('what a handler throws is the app’s own, a refusal of somebody else included', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  const seen = handleErrors(app)
  await app.register(tollgate, issuer.validatorOptions)
  const another = createValidator({ ...issuer.validatorOptions, audience: 'https://other.example', realm: 'other' })
  const mine = new Error('mine')
  app.get('/mine', { onRequest: app.protect() }, async () => Promise.reject(mine))
  app.get('/refusal', { onRequest: app.protect() }, async ({ method, url, headers }) =>
    another.authenticate({ method, url, headers: [['Authorization', headers.authorization ?? '']] }),
  )
  const ask = await asking(app)
  const token = await issuer.accessToken()
  expect(await ask('/mine', { token })).toMatchObject({ status: 500, challenges: [], body: 'mine' })
  const refused = await ask('/refusal', { token })
  expect(refused).toMatchObject({ status: 401, body: 'mine' })
  expect(refused.challenges).toEqual([expect.stringContaining('realm="other"')])
  expect(seen).toEqual([mine, expect.any(Refusal)])
  expect(seen[1]).toMatchObject({ reason: 'wrong-audience' })
})

/** How a refusal passes the reply, the hooks and the error handling of Fastify. */
import { once } from 'node:events'
import { connect } from 'node:net'
import formBody from '@fastify/formbody'
import tollgate, { claims, createValidator, defineGuard, Refusal, scopes } from '@tollgate/fastify'
import { errorCodes, type FastifyReply } from 'fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { formHeader, openApp, protectedBy, serve, ways } from './app.ts'

test('a response schema of the app does not apply to a refusal', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const problem = { type: 'object', required: ['problem'], properties: { problem: { type: 'string' } } }
  const schema = { response: { '4xx': problem, 401: problem, default: problem } }
  app.get('/', { schema, onRequest: app.protect(scopes('read')) }, async () => ({ problem: 'none' }))
  const send = await serve(app)
  expect(await send('/')).toMatchObject({ status: 401, body: '{}' })
  const { status, body, headers } = await send('/', { token: await issuer.accessToken() })
  expect([status, JSON.parse(body)]).toEqual([403, expect.objectContaining({ error: 'insufficient_scope' })])
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect((await send('/', { token: await issuer.accessToken({ scope: 'read' }) })).body).toBe('{"problem":"none"}')
})

test('a serializer of the app does not apply to a refusal', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  app.setReplySerializer(() => 'serialized')
  await app.register(tollgate, issuer.validatorOptions)
  app.get('/', { onRequest: app.protect() }, async () => ({}))
  const send = await serve(app)
  expect((await send('/', { token: await issuer.wrongToken('expired') })).body).toContain('"error":"invalid_token"')
  expect((await send('/', { token: await issuer.accessToken() })).body).toBe('serialized')
})

test.each(['reply', 'reply.raw'] as const)('headers that the app set on %s stay', async (target) => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const own = ['Basic realm="one"', 'Basic realm="two"']
  app.addHook('onRequest', async (_request, reply) => {
    if (target === 'reply') {
      reply.headers({ 'WWW-Authenticate': own, 'X-Own': 'set before' })
    } else {
      reply.raw.setHeader('WWW-Authenticate', own).setHeader('X-Own', 'set before')
    }
  })
  app.get('/', { onRequest: app.protect() }, async () => 'ok')
  const { headers, challenges } = await (await serve(app))('/')
  expect(headers).toMatchObject({ 'x-own': 'set before', 'cache-control': 'no-store' })
  expect(challenges).toEqual([...own, 'Bearer realm="api"'])
})

test('a refusal passes the hooks onSend and onResponse, and not onError', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const passed: string[] = []
  app.addHook('onSend', async (_request, reply, payload) => {
    passed.push(`onSend ${reply.statusCode}`)
    reply.header('X-Passed', 'onSend')
    return payload
  })
  app.addHook('onResponse', async (_request, reply) => void passed.push(`onResponse ${reply.statusCode}`))
  app.addHook('onError', async () => void passed.push('onError'))
  app.get('/', { onRequest: app.protect() }, async () => 'ok')
  const { status, headers } = await (await serve(app))('/')
  expect([status, headers['x-passed']]).toEqual([401, 'onSend'])
  await expect.poll(() => passed).toEqual(['onSend 401', 'onResponse 401'])
})

test('a hijacked reply is left alone, even if it was hijacked while a guard waits', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  let handled = 0
  const hijack = (reply: FastifyReply): void => void reply.hijack().raw.end('hijacked')
  let replyOfRequest: FastifyReply | undefined
  app.addHook('onRequest', async ({ url }, reply) => {
    replyOfRequest = reply
    if (url === '/before') {
      hijack(reply)
    }
  })
  const hijacking = defineGuard({
    check: async () => {
      if (replyOfRequest !== undefined) {
        hijack(replyOfRequest)
      }
      return new Refusal({ reason: 'mine' })
    },
  })
  for (const path of ['/before', '/meanwhile']) {
    app.get(path, { onRequest: app.protect(hijacking) }, async () => (handled += 1))
  }
  const send = await serve(app)
  for (const path of ['/before', '/meanwhile']) {
    expect(await send(path, { token: await issuer.accessToken() })).toMatchObject({ status: 200, body: 'hijacked' })
  }
  expect(handled).toBe(0)
})

test("with errors: 'throw' the error handler of the scope responds", async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, { ...issuer.validatorOptions, errors: 'throw' })
  await app.register(async (scope) => {
    scope.setErrorHandler((error: Refusal, _request, reply) =>
      reply.code(error.status).headers(error.headers).send('mine'),
    )
    scope.get('/hook', { onRequest: scope.protect(scopes('read')) }, async () => 'ok')
    scope.get('/config', { config: { auth: scopes('read') } }, async () => 'ok')
  })
  const send = await serve(app)
  for (const path of ['/hook', '/config']) {
    const { status, body, challenges } = await send(path, { token: await issuer.accessToken() })
    expect([status, body, challenges.length], path).toEqual([403, 'mine', 1])
  }
})

test.each([
  new errorCodes.FST_ERR_NOT_FOUND(),
  new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE('text/plain'),
  Object.assign(new Error('fine'), { statusCode: 200 }),
])('an error of Fastify that a guard throws is a 500: %s', async (thrown) => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  let handled = 0
  const auth = claims(() => Promise.reject(thrown), 'x')
  for (const way of ways.filter((name) => name !== 'scope')) {
    app.get(`/${way}`, protectedBy(app, way, auth), async () => (handled += 1))
  }
  app.get('/optional', { onRequest: app.protect.optional(auth) }, async () => (handled += 1))
  const send = await serve(app)
  for (const path of [...ways.filter((name) => name !== 'scope'), 'optional']) {
    expect((await send(`/${path}`, { token: await issuer.accessToken() })).status, path).toBe(500)
  }
  expect(handled).toBe(0)
})

test('a Refusal that a handler throws goes to the error handler of the app', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, issuer.validatorOptions)
  const seen: unknown[] = []
  app.setErrorHandler((error: Refusal, _request, reply) => {
    seen.push(error)
    return reply.code(error.status).headers(error.headers).send('mine')
  })
  const other = createValidator({ ...issuer.validatorOptions, audience: 'https://other.example', realm: 'other' })
  app.get('/', { onRequest: app.protect() }, async ({ method, url, headers }) =>
    other.authenticate({ method, url, headers: [['Authorization', headers.authorization ?? '']] }),
  )
  const { status, body, challenges } = await (await serve(app))('/', { token: await issuer.accessToken() })
  expect([status, body, challenges]).toEqual([401, 'mine', [expect.stringContaining('realm="other"')]])
  expect(seen).toMatchObject([{ reason: 'wrong-audience' }])
})

const bodies = [
  ['no body', 'Content-Length: 0\r\n\r\n'],
  ['a form', `${formHeader.join(': ')}\r\nContent-Length: 3\r\n\r\na=b`],
] as const

test.each(ways.flatMap((way) => bodies.map(([name, body]) => [way, name, body] as const)))(
  'the handler does not run when the client disconnects during its refusal: by %s, with %s',
  async (way, _name, body) => {
    const issuer = await openIssuer()
    const app = openApp()
    const responding = Promise.withResolvers<void>()
    const responded = Promise.withResolvers<void>()
    let handled = 0
    await app.register(formBody)
    await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
    app.addHook('onSend', async (_request, { raw }, payload) => {
      responding.resolve()
      // Fastify listens for the same event, and takes the reply for sent.
      await once(raw, 'close')
      await new Promise(setImmediate)
      responded.resolve()
      return payload
    })
    app.post('/', protectedBy(app, way), async () => (handled += 1))
    const { port, hostname } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    const socket = connect(Number(port), hostname)
    socket.write(`POST / HTTP/1.1\r\nHost: api\r\n${body}`)
    await responding.promise
    socket.destroy()
    await responded.promise
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise(setImmediate)
    }
    expect(handled).toBe(0)
  },
)

/** Tokens in form bodies. Fastify parses bodies after `onRequest`, so the plugin reads forms itself. */
import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createGunzip, gzipSync } from 'node:zlib'
import formBody from '@fastify/formbody'
import tollgate, { scopes } from '@tollgate/fastify'
import fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { audience, openIssuer } from '../harness/reference.ts'
import { form, formHeader, openApp, protectedBy, serve, type Way, ways } from './app.ts'

const reports = 'https://reports.example'

const lengthOf = (body: unknown): number => String(Object(body).x).length

/** An app that accepts form bodies, with its issuer. */
async function openForms(app: FastifyInstance = openApp()) {
  const issuer = await openIssuer()
  const options = { ...issuer.validatorOptions, formBody: 'accepted' } as const
  await app.register(formBody)
  await app.register(tollgate, options)
  return { app, issuer, options }
}

/** Adds a route that is protected in this way and demands the scope `read`. Returns how often its handler ran. */
async function addRoute(app: FastifyInstance, way: Way): Promise<() => number> {
  let handled = 0
  await app.register(async (scope) => {
    scope.all('/', protectedBy(scope, way, scopes('read')), async (request) => {
      handled += 1
      return app.auth(request).subject
    })
  })
  return () => handled
}

/** Opens a raw connection, and writes the head of a request with a form body. */
async function writeHead(app: FastifyInstance, ...lines: readonly string[]): Promise<Socket> {
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  socket.write(headOf(...lines))
  return socket
}

function headOf(...lines: readonly string[]): string {
  return ['POST / HTTP/1.1', 'Host: x', formHeader.join(': '), ...lines, '', ''].join('\r\n')
}

test.each(ways.filter((way) => way !== 'preParsing'))('a form can contain the token, with %s', async (way) => {
  const refusals = messagesOn('tollgate:refusal')
  const { app, issuer } = await openForms()
  const handled = await addRoute(app, way)
  const send = await serve(app)
  const good = await issuer.accessToken({ scope: 'read' })
  expect(await send('/', form({ access_token: good }))).toMatchObject({ status: 200, body: 'alice' })
  for (const [sent, status, reason] of [
    [form({ other: 'field' }), 401, 'no-credentials'],
    [form({ access_token: await issuer.wrongToken('expired') }), 401, 'expired'],
    [form({ access_token: await issuer.accessToken() }), 403, 'missing-scope'],
    [{ ...form({ access_token: good }), token: good }, 400, 'repeated-credentials'],
    [{ ...form({}), body: `access_token=${good}&access_token=${good}` }, 400, 'repeated-credentials'],
  ] as const) {
    expect([(await send('/', sent)).status, refusals.at(-1)?.refusal.reason]).toEqual([status, reason])
  }
  expect(handled()).toBe(1)
})

test('preParsing does not read forms', async () => {
  const { app, issuer } = await openForms()
  await addRoute(app, 'preParsing')
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  expect((await send('/', form({ access_token: token }))).status).toBe(401)
  expect((await send('/', { ...form({ a: 'b' }), token })).status).toBe(200)
})

test('by default forms are not read', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, issuer.validatorOptions)
  for (const hook of ['onRequest', 'preHandler']) {
    app.post(`/${hook}`, { [hook]: app.protect() }, async () => 'ok')
  }
  const send = await serve(app)
  for (const path of ['/onRequest', '/preHandler']) {
    expect((await send(path, form({ access_token: await issuer.accessToken() }))).status, path).toBe(401)
  }
})

test('a hook that responds in onRequest runs after the form was read', async () => {
  const { app, issuer } = await openForms()
  app.addHook('onRequest', app.protect())
  app.addHook('onRequest', async (request, reply) => reply.send(app.auth(request).subject))
  app.all('/', async () => 'never')
  const send = await serve(app)
  for (const method of ['GET', 'POST', 'DELETE']) {
    for (const token of [undefined, 'garbage']) {
      expect((await send('/', { method, token, headers: [formHeader], body: '' })).status, method).toBe(401)
    }
  }
  expect((await send('/', form({ access_token: await issuer.accessToken() }))).body).toBe('alice')
})

test.each(ways)('an empty body with the content type of a form is refused, with %s', async (way) => {
  const { app, issuer } = await openForms()
  const handled = await addRoute(app, way)
  const send = await serve(app)
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE']) {
    for (const headers of [[formHeader], [['Content-Type', 'APPLICATION/X-WWW-FORM-URLENCODED ;x'] as const]]) {
      expect((await send('/', { method, headers, body: '' })).status, method).toBe(401)
    }
  }
  expect((await send(`/?access_token=${await issuer.accessToken()}`, { headers: [formHeader] })).status).toBe(401)
  expect(handled()).toBe(0)
})

test.each(ways)('without a parser for forms, a form is never accepted, with %s', async (way) => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  const handled = await addRoute(app, way)
  const send = await serve(app)
  const token = await issuer.accessToken({ scope: 'read' })
  // `preParsing` does not read the form, so the missing token is noticed before the missing parser.
  expect((await send('/', form({ access_token: token }))).status).toBe(way === 'preParsing' ? 401 : 415)
  expect((await send('/', { headers: [formHeader] })).status).toBe(401)
  expect(handled()).toBe(0)
  expect((await send('/', { token, headers: [formHeader] })).status).toBe(200)
})

test('an outer and an inner scope both validate the token of the form', async () => {
  const { app, issuer, options } = await openForms()
  const handler = async (): Promise<string> => 'ok'
  app.addHook('onRequest', app.protect())
  await app.register(async (inner) => {
    await inner.register(tollgate, { ...options, audience: reports })
    inner.post('/hook', { onRequest: inner.protect() }, handler)
    inner.post('/late', { preHandler: inner.protect() }, handler)
    inner.post('/config', { config: { auth: true } }, handler)
  })
  await app.register(async (inner) => {
    await inner.register(tollgate, { ...options, audience: reports, formBody: 'ignored' })
    inner.post('/ignored', { onRequest: inner.protect() }, handler)
  })
  const send = await serve(app)
  const tokens = [[audience], [reports], [audience, reports]].map((aud) => issuer.accessToken({ aud }))
  const [forOuter = '', forInner = '', forBoth = ''] = await Promise.all(tokens)
  for (const path of ['/hook', '/late', '/config', '/ignored']) {
    expect((await send(path, form({ access_token: forOuter }))).status, path).toBe(401)
    expect((await send(path, form({ access_token: forInner }))).status, path).toBe(401)
    const isRead = path !== '/ignored'
    expect((await send(path, form({ access_token: forBoth }))).status, path).toBe(isRead ? 200 : 401)
  }
  expect((await send('/ignored', { ...form({}), token: forBoth })).status).toBe(200)
})

test('a route that was defined before the plugin, or copied by a hook, is protected', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  const handler = async (): Promise<string> => 'ok'
  app.route({ method: ['GET', 'POST'], url: '/before', config: { auth: true }, handler })
  app.after(() => {
    app.addHook('onRoute', (route) => {
      delete route.preValidation
      if (route.url === '/one') {
        app.post('/copy', { config: route.config ?? {}, onRequest: app.protect() }, handler)
      }
    })
    app.post('/one', { onRequest: app.protect() }, handler)
  })
  const send = await serve(app)
  for (const path of ['/before', '/one', '/copy']) {
    expect((await send(path, form({ a: 'b' }))).status, path).toBe(401)
    expect((await send(path, form({ access_token: await issuer.accessToken() }))).status, path).toBe(200)
  }
  expect((await send('/before', { headers: [formHeader] })).status).toBe(401)
})

test('the token of a form counts on an unknown path of a protected scope', async () => {
  const { app, issuer } = await openForms()
  app.addHook('onRequest', app.protect())
  const send = await serve(app)
  expect((await send('/nowhere', form({ a: 'b' }))).status).toBe(401)
  expect((await send('/nowhere', form({ access_token: await issuer.accessToken() }))).status).toBe(404)
})

test('the handler receives the whole body, and a token in a long form is not read', async () => {
  const { app, issuer } = await openForms(openApp({ bodyLimit: 1024 * 1024 }))
  app.post('/', { onRequest: app.protect() }, async (request) => lengthOf(request.body))
  const send = await serve(app)
  const token = await issuer.accessToken()
  for (const length of [1, 1000, 60_000, 64 * 1024, 500_000]) {
    const x = 'x'.repeat(length)
    expect((await send('/', { ...form({ x }), token })).body, String(length)).toBe(String(length))
    const chunked = { ...form({}), body: undefined, token, chunks: [`x=${x.slice(0, 9)}`, x.slice(9)] }
    expect((await send('/', chunked)).body, `${length}, in chunks`).toBe(String(length))
  }
  expect((await send('/', form({ access_token: token, x: 'x' }))).body).toBe('1')
  expect((await send('/', form({ access_token: token, x: 'x'.repeat(70_000) }))).status).toBe(401)
  const chunks = [`access_token=${token}&x=`, 'x'.repeat(70_000)]
  expect((await send('/', { ...form({}), body: undefined, chunks })).status).toBe(401)
})

test('a refusal does not wait for a body that is too long', async () => {
  const { app } = await openForms()
  app.post('/', { onRequest: app.protect() }, async () => 'never')
  const socket = await writeHead(app, 'Content-Length: 1000000', 'Connection: close')
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /)
})

test('the rest of a refused body does not block the next request', async () => {
  const { app } = await openForms()
  app.post('/', { onRequest: app.protect() }, async () => 'never')
  const socket = await writeHead(app, 'Transfer-Encoding: chunked')
  const chunk = `${(16 * 1024).toString(16)}\r\n${'x'.repeat(16 * 1024)}\r\n`
  socket.write(`${chunk.repeat(20)}0\r\n\r\n${headOf('Content-Length: 3', 'Connection: close')}a=b`)
  expect((await text(socket)).match(/HTTP\/1\.1 401 /g)).toHaveLength(2)
})

test('a refused HTTP/2 stream with a body is closed', async () => {
  const over = fastify({ http2: true })
  const { app } = await openForms(over as unknown as FastifyInstance)
  app.post('/', { onRequest: app.protect() }, async () => 'never')
  const client = connectHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
  const [type, urlEncoded] = formHeader
  const stream = client.request({ ':method': 'POST', ':path': '/', [type]: urlEncoded })
  stream.end('x'.repeat(300_000))
  const [headers] = await once(stream, 'response')
  expect(headers[':status']).toBe(401)
  stream.resume()
  await once(stream, 'close')
  client.close()
  await app.close()
})

test('a compressed body is left to the hook that decompresses it', async () => {
  const app = openApp()
  app.addHook('preParsing', async ({ headers }, _reply, payload) =>
    // Fastify compares this with Content-Length.
    Object.assign(payload.pipe(createGunzip()), { receivedEncodedLength: Number(headers['content-length']) }),
  )
  const { issuer } = await openForms(app)
  app.post('/', { onRequest: app.protect() }, async (request) => lengthOf(request.body))
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const post = (token: string): Promise<Response> => {
    const headers = { Authorization: `Bearer ${token}`, [formHeader[0]]: formHeader[1], 'Content-Encoding': 'gzip' }
    return fetch(origin, { method: 'POST', headers, body: new Uint8Array(gzipSync('x=12345')) })
  }
  expect(await (await post(await issuer.accessToken())).text()).toBe('5')
  expect((await post('garbage')).status).toBe(401)
})

test('a client that disconnects inside its body gets status 400 in the hooks', async () => {
  const { app } = await openForms()
  const reading = Promise.withResolvers<void>()
  app.addHook('onRequest', async () => reading.resolve())
  app.post('/', { onRequest: app.protect() }, async () => 'never')
  const failed = new Promise((resolve) => {
    app.addHook('onError', async (_request, _reply, error) => resolve(error.statusCode))
  })
  const socket = await writeHead(app, 'Content-Length: 50')
  socket.write('a')
  await reading.promise
  socket.destroy()
  expect(await failed).toBe(400)
})

test('a body that another hook reads or changes reaches the handler as that hook left it', async () => {
  const issuer = await openIssuer()
  const options = { ...issuer.validatorOptions, formBody: 'accepted' } as const
  const app = openApp()
  await app.register(formBody)
  await app.register(async (scope) => {
    const read = new WeakMap<object, string>()
    scope.addHook('onRequest', async (request) => void read.set(request, await text(request.raw)))
    scope.addHook('preParsing', async (request) => Readable.from([read.get(request)], { objectMode: false }))
    await scope.register(tollgate, options)
    scope.post('/read', { onRequest: scope.protect() }, async (request) => lengthOf(request.body))
  })
  await app.register(async (scope) => {
    await scope.register(tollgate, options)
    scope.addHook('onRequest', scope.protect())
    scope.addHook('preParsing', async (_request, _reply, payload) => {
      const all = await text(payload)
      return Readable.from([`${all}xxx`], { objectMode: false })
    })
    await scope.register(async (inner) => {
      await inner.register(tollgate, options)
      inner.post('/changed', { onRequest: inner.protect() }, async (request) => lengthOf(request.body))
    })
  })
  const send = await serve(app)
  const token = await issuer.accessToken()
  expect((await send('/read', { ...form({ x: 'xx' }), token })).body).toBe('2')
  const chunked = { ...form({}), body: undefined, token, chunks: ['x=x', 'x'] }
  expect((await send('/changed', chunked)).body).toBe('5')
})

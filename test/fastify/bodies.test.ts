import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createGunzip, gzipSync } from 'node:zlib'
import formBody from '@fastify/formbody'
import tollgate from '@tollgate/fastify'
import fastify, { type FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'
import { openIssuer } from '../harness/reference.ts'
import { asking, form, formHeader, openApp } from './asking.ts'

const lengthOf = (body: unknown): number => String(Object(body).x).length

test('what was read of a body comes to the handler all the same, and a long one whole', async () => {
  const issuer = await openIssuer()
  const app = openApp({ bodyLimit: 1024 * 1024 })
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.post('/', { onRequest: app.protect() }, async (request) => lengthOf(request.body))
  const ask = await asking(app)
  const token = await issuer.accessToken()
  for (const length of [1, 1000, 60_000, 64 * 1024, 500_000]) {
    const x = 'x'.repeat(length)
    expect((await ask('/', { ...form({ x }), token })).body, String(length)).toBe(String(length))
    const chunked = { ...form({}), body: undefined, token, chunks: [`x=${x.slice(0, 9)}`, x.slice(9)] }
    expect((await ask('/', chunked)).body, `${length}, in chunks`).toBe(String(length))
  }
  expect((await ask('/', form({ access_token: token, x: 'x' }))).body).toBe('1')
  expect((await ask('/', form({ access_token: token, x: 'x'.repeat(70_000) }))).status, 'not looked at').toBe(401)
  const hidden = { ...form({}), body: undefined, chunks: [`access_token=${token}&x=`, 'x'.repeat(70_000)] }
  expect((await ask('/', hidden)).status, 'nor is what has no length').toBe(401)
})

test('a body that is not looked at is not waited for', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.route({ method: ['GET', 'POST'], url: '/', onRequest: app.protect(), handler: async () => 'never' })
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  for (const [method, length] of [
    ['POST', 1_000_000],
    ['GET', 10],
  ] as const) {
    const socket = connect({ host: '127.0.0.1', port: Number(port) })
    const lines = [`${method} / HTTP/1.1`, 'Host: x', formHeader.join(': '), `Content-Length: ${length}`]
    socket.write([...lines, 'Connection: close', '', ''].join('\r\n'))
    expect(await text(socket), method).toMatch(/^HTTP\/1\.1 401 /)
  }
})

test('the rest of a body that was refused is not in the way of the next request', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.post('/', { onRequest: app.protect() }, async () => 'never')
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  const chunk = `${(16 * 1024).toString(16)}\r\n${'x'.repeat(16 * 1024)}\r\n`
  const head = ['POST / HTTP/1.1', 'Host: x', formHeader.join(': ')]
  socket.write([...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n') + chunk.repeat(20) + '0\r\n\r\n')
  socket.write([...head, 'Content-Length: 3', 'Connection: close', '', 'a=b'].join('\r\n'))
  expect((await text(socket)).match(/HTTP\/1\.1 401 /g)).toHaveLength(2)
})

test('over HTTP/2 as well: a refused stream is closed, and so is the app', async () => {
  const issuer = await openIssuer()
  const app = fastify({ http2: true })
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
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

/** Fastify compares the length of what came with what was told. */
function unpacked<Body>({ headers }: FastifyRequest, body: Body): Body {
  return Object.assign(Object(body), { receivedEncodedLength: Number(headers['content-length']) })
}

test('a compressed body is left to whoever unpacks it', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  app.addHook('preParsing', async (request, _reply, payload) => unpacked(request, payload.pipe(createGunzip())))
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.post('/', { onRequest: app.protect() }, async (request) => lengthOf(request.body))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const ask = async (token: string): Promise<Response> => {
    const [type, urlEncoded] = formHeader
    const headers = { Authorization: `Bearer ${token}`, [type]: urlEncoded, 'Content-Encoding': 'gzip' }
    return fetch(address, { method: 'POST', headers, body: new Uint8Array(gzipSync('x=12345')) })
  }
  expect(await (await ask(await issuer.accessToken())).text()).toBe('5')
  expect((await ask('garbage')).status).toBe(401)
})

test('a client that leaves in the middle of its body has sent it badly', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(formBody)
  await app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' })
  app.post('/', { onRequest: app.protect() }, async () => 'never')
  const told = new Promise((resolve) => {
    app.addHook('onError', async (_request, _reply, error) => resolve(error.statusCode))
  })
  const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
  const socket = connect({ host: '127.0.0.1', port: Number(port) })
  socket.write(['POST / HTTP/1.1', 'Host: x', formHeader.join(': '), 'Content-Length: 50', '', 'a'].join('\r\n'))
  setTimeout(() => socket.destroy(), 50)
  expect(await told).toBe(400)
})

test('a body that others have read, or change, is theirs', async () => {
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
  const ask = await asking(app)
  const token = await issuer.accessToken()
  expect((await ask('/read', { ...form({ x: 'xx' }), token })).body).toBe('2')
  const chunked = { ...form({}), body: undefined, token, chunks: ['x=x', 'x'] }
  expect((await ask('/changed', chunked)).body).toBe('5')
})

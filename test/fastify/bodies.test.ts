import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import formBody from '@fastify/formbody'
import tollgate from '@tollgate/fastify'
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

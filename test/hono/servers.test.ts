/** The servers that run a Hono app in Node, and an app without a server. */
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { getRequestListener } from '@hono/node-server'
import { createProtect } from '@tollgate/hono'
import { Hono } from 'hono'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { openIssuer } from '../harness/reference.ts'
import { bearer, form, serve } from './serving.ts'

async function openApp() {
  const issuer = await openIssuer()
  const protect = createProtect({ ...issuer.validatorOptions, formBody: 'accepted' })
  const app = new Hono()
  app.all('/', protect(), async (c) => c.text(`${protect.auth(c).subject} ${(await c.req.text()).length}`))
  return { app, token: await issuer.accessToken() }
}

test('app.request() works without a server', async () => {
  const { app, token } = await openApp()
  const refused = await app.request('/')
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="api"'])
  expect(await refused.json()).toEqual({})
  const headers = { authorization: `Bearer ${token}` }
  expect(await (await app.request('/', { headers })).text()).toBe('alice 0')
  const body = new URLSearchParams({ access_token: token })
  expect(await (await app.request('/', { method: 'POST', body })).text()).toBe(`alice ${body.toString().length}`)
})

test('HTTP/2 works', async () => {
  const { app, token } = await openApp()
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const origin = await listen(createHttp2Server((request, response) => void listener(request, response)))
  const client = connectHttp2(origin)
  onTestFinished(() => client.close())
  const call = async (headers: Record<string, string>, body?: string) => {
    const stream = client.request({ [constants.HTTP2_HEADER_PATH]: '/', ...headers })
    const response = new Promise<Record<string, unknown>>((resolve) => {
      stream.on('response', resolve)
    })
    if (body !== undefined) {
      stream.end(body)
    }
    const { ':status': status, 'www-authenticate': challenge } = await response
    return [status, challenge, await text(stream)]
  }
  expect(await call({})).toEqual([401, 'Bearer realm="api"', '{}'])
  expect(await call({ authorization: `Bearer ${token}` })).toEqual([200, undefined, 'alice 0'])
  const post = { ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' }
  const sent = `access_token=${token}`
  expect(await call(post, sent)).toEqual([200, undefined, `alice ${sent.length}`])
})

test('a refused request with a body leaves the connection usable', async () => {
  const { app, token } = await openApp()
  const { origin } = await serve(app)
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(origin).port) })
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`)
  await new Promise((resolve) => {
    socket.once('data', resolve)
  })
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`)
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*alice 0$/)
})

test('a form above 64 KiB is no credentials, and the handler gets all of it', async () => {
  const { app, token } = await openApp()
  const { send } = await serve(app)
  const body = `note=${'x'.repeat(200_000)}&access_token=${token}`
  expect((await send('/', form(body))).challenges).toEqual(['Bearer realm="api"'])
  const headers = [...(form('').headers ?? []), ...bearer(token).headers]
  expect((await send('/', { ...form(body), headers })).body).toBe(`alice ${body.length}`)
})

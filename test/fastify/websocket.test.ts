import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import websocket from '@fastify/websocket'
import tollgate, { cookie, scopes } from '@tollgate/fastify'
import type { MockIssuer } from '@tollgate/mock-issuer'
import type { FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { openIssuer } from '../harness/reference.ts'
import { openApp } from './app.ts'

type Outcome =
  | { readonly message: string }
  | { readonly status: number | undefined; readonly challenge: string | undefined }

const orders = ['websocket first', 'tollgate first'] as const

/** The first message of the WebSocket, or the response to its refused upgrade. */
async function upgrade(url: string, token?: string): Promise<Outcome> {
  // An upgrade has no body, even with the content type of a form.
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  return open(url, token === undefined ? form : { ...form, Authorization: `Bearer ${token}` })
}

async function open(url: string, headers: Readonly<Record<string, string>>): Promise<Outcome> {
  const socket = new WebSocket(url, { headers })
  onTestFinished(() => {
    socket.on('error', () => undefined)
    socket.terminate()
  })
  return Promise.race([
    once(socket, 'message').then(([data]) => ({ message: String(data) })),
    once(socket, 'unexpected-response').then(([, response]: IncomingMessage[]) => ({
      status: response?.statusCode,
      challenge: response?.headers['www-authenticate'],
    })),
  ])
}

/** Routes that are protected by `onRequest`, by `config.auth`, and by a hook of their scope. */
async function serveSockets(app: FastifyInstance): Promise<string> {
  app.get('/hook', { websocket: true, onRequest: app.protect(scopes('live')) }, (socket, request) => {
    socket.send(`hello ${app.auth(request).subject}`)
  })
  app.get('/config', { websocket: true, config: { auth: scopes('live') } }, (socket, request) => {
    socket.send(`hello ${request.auth?.subject}`)
  })
  await app.register(async (scope) => {
    scope.addHook('onRequest', app.protect(scopes('live')))
    scope.get('/scope', { websocket: true }, (socket, request) => {
      socket.send(`hello ${app.auth(request).subject}`)
    })
    scope.get('/public', { websocket: true, config: { auth: false } }, (socket, request) => {
      socket.send(`hello ${request.auth?.subject ?? 'nobody'}`)
    })
  })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return origin.replace('http:', 'ws:')
}

async function openOrdered(issuer: MockIssuer, order: (typeof orders)[number]): Promise<FastifyInstance> {
  const app = openApp()
  const plugins = [
    () => app.register(websocket),
    () => app.register(tollgate, { ...issuer.validatorOptions, formBody: 'accepted' }),
  ]
  for (const register of order === 'websocket first' ? plugins : plugins.toReversed()) {
    await register()
  }
  return app
}

test.each(orders)('a WebSocket opens with a valid token, %s', async (order) => {
  const issuer = await openIssuer()
  const app = await openOrdered(issuer, order)
  const origin = await serveSockets(app)
  for (const path of ['/hook', '/config', '/scope']) {
    expect(await upgrade(`${origin}${path}`), path).toEqual({
      status: 401,
      challenge: 'Bearer realm="api", scope="live"',
    })
    expect(await upgrade(`${origin}${path}`, await issuer.wrongToken('expired')), path).toMatchObject({ status: 401 })
    expect(await upgrade(`${origin}${path}`, await issuer.accessToken()), path).toMatchObject({ status: 403 })
    expect(await upgrade(`${origin}${path}`, await issuer.accessToken({ scope: 'live' }))).toEqual({
      message: 'hello alice',
    })
  }
  expect(await upgrade(`${origin}/public`)).toEqual({ message: 'hello nobody' })
})

test.each(orders)('a refused upgrade closes its connection, %s', async (order) => {
  const issuer = await openIssuer()
  const app = await openOrdered(issuer, order)
  const origin = await serveSockets(app)
  for (const path of ['/hook', '/config', '/scope']) {
    expect(await upgrade(`${origin}${path}`), path).toMatchObject({ status: 401 })
  }
  const connections = promisify(app.server.getConnections.bind(app.server))
  await expect.poll(() => connections()).toBe(0)
})

test('a token in the query of an upgrade is ignored', async () => {
  const issuer = await openIssuer()
  const app = await openOrdered(issuer, 'websocket first')
  const origin = await serveSockets(app)
  const token = await issuer.accessToken({ scope: 'live' })
  expect(await upgrade(`${origin}/hook?access_token=${token}`)).toMatchObject({ status: 401 })
})

test('a WebSocket with a cookie opens for pages of the same origin, and of the listed origins', async () => {
  const issuer = await openIssuer()
  const app = openApp()
  await app.register(websocket)
  const credentials = cookie('session', { origins: 'https://app.example.com' })
  await app.register(tollgate, { ...issuer.validatorOptions, credentials })
  const url = `${await serveSockets(app)}/hook`
  const session = { Cookie: `session=${await issuer.accessToken({ scope: 'live' })}` }
  const refused = { status: 403, challenge: expect.not.stringContaining('scope="') as string }
  for (const headers of [{}, { Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
    expect(await open(url, { ...session, ...headers })).toEqual(refused)
  }
  for (const headers of [{ Origin: 'https://app.example.com' }, { 'Sec-Fetch-Site': 'same-origin' }]) {
    expect(await open(url, { ...session, ...headers })).toEqual({ message: 'hello alice' })
  }
})

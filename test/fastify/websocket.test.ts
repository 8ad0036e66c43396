import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import websocket from '@fastify/websocket'
import tollgate, { scopes } from '@tollgate/fastify'
import type { MockIssuer } from '@tollgate/mock-issuer'
import type { FastifyInstance } from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { openIssuer } from '../harness/reference.ts'
import { openApp } from './asking.ts'

type Answer =
  | { readonly message: string }
  | { readonly status: number | undefined; readonly challenge: string | undefined }

const orders = ['websocket first', 'tollgate first'] as const

/** What a WebSocket is told: the first message, or the answer to its upgrade. */
async function knock(url: string, token?: string): Promise<Answer> {
  // An upgrade has no body, whatever it says.
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const headers = token === undefined ? form : { ...form, Authorization: `Bearer ${token}` }
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

/** By `onRequest`, by its config, and within a scope that is protected as a whole. */
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

test.each(orders)('a WebSocket opens with a token, %s', async (order) => {
  const issuer = await openIssuer()
  const app = await openOrdered(issuer, order)
  const origin = await serveSockets(app)
  for (const path of ['/hook', '/config', '/scope']) {
    expect(await knock(`${origin}${path}`), path).toEqual({
      status: 401,
      challenge: 'Bearer realm="api", scope="live"',
    })
    expect(await knock(`${origin}${path}`, await issuer.wrongToken('expired')), path).toMatchObject({ status: 401 })
    expect(await knock(`${origin}${path}`, await issuer.accessToken()), path).toMatchObject({ status: 403 })
    expect(await knock(`${origin}${path}`, await issuer.accessToken({ scope: 'live' }))).toEqual({
      message: 'hello alice',
    })
  }
  expect(await knock(`${origin}/public`)).toEqual({ message: 'hello nobody' })
})

test.each(orders)('a refused upgrade leaves no connection behind, %s', async (order) => {
  const issuer = await openIssuer()
  const app = await openOrdered(issuer, order)
  const origin = await serveSockets(app)
  for (const path of ['/hook', '/config', '/scope']) {
    expect(await knock(`${origin}${path}`), path).toMatchObject({ status: 401 })
  }
  const connections = promisify(app.server.getConnections.bind(app.server))
  await expect.poll(() => connections()).toBe(0)
})

test('a token in the query of the upgrade is none', async () => {
  const issuer = await openIssuer()
  const app = await openOrdered(issuer, 'websocket first')
  const origin = await serveSockets(app)
  const token = await issuer.accessToken({ scope: 'live' })
  expect(await knock(`${origin}/hook?access_token=${token}`)).toMatchObject({ status: 401 })
})

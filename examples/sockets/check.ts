import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createValidator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { io, type Socket } from 'socket.io-client'
import { WebSocket } from 'ws'
import { createSocketServer as createSocketIo } from './socket-io.ts'
import { createSocketServer } from './ws.ts'

const issuer = await createMockIssuer({ port: 'none' })
const validator = createValidator(issuer.validatorOptions)
const token = await issuer.accessToken({ scope: 'live' })
const expired = await issuer.wrongToken('expired', { scope: 'live' })

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A token that expires while the sockets are open. */
async function soonExpiring(): Promise<string> {
  return issuer.accessToken({ scope: 'live', exp: Math.floor(Date.now() / 1000) + 2 })
}

// ws
const server = createSocketServer(validator)
const url = `ws://${await listen(server)}`

function open(text?: string): WebSocket {
  return new WebSocket(url, text === undefined ? {} : { headers: { authorization: `Bearer ${text}` } })
}

async function refusalOf(text?: string): Promise<readonly unknown[]> {
  const [, response] = (await once(open(text), 'unexpected-response')) as [unknown, IncomingMessage]
  response.resume()
  return [response.statusCode, response.headers['www-authenticate'], response.headers['retry-after']]
}

const socket = open(token)
await once(socket, 'open')
socket.send('whoami')
assert.equal(String((await once(socket, 'message'))[0]), 'for alice')
socket.close()

assert.deepEqual(await refusalOf(), [401, 'Bearer realm="api", scope="live"', undefined])
assert.deepEqual(await refusalOf(expired), [
  401,
  'Bearer realm="api", error="invalid_token", error_description="The access token has expired", scope="live"',
  undefined,
])
assert.equal((await refusalOf(await issuer.accessToken()))[0], 403)
const closed = once(open(await soonExpiring()), 'close')

// Socket.IO
const http = createServer()
const sockets = createSocketIo(validator)
sockets.attach(http)
const origin = `http://${await listen(http)}`
const options = { reconnection: false, forceNew: true }

async function next(client: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => void client.once(event, resolve))
}

async function errorOf(client: Socket): Promise<string> {
  return ((await next(client, 'connect_error')) as Error).message
}

const disconnected = next(io(origin, { ...options, auth: { token: await soonExpiring() } }), 'disconnect')
for (const transports of [['websocket'], ['polling']]) {
  for (const credentials of [{ auth: { token } }, { extraHeaders: { authorization: `Bearer ${token}` } }]) {
    const client = io(origin, { ...options, transports, ...credentials })
    await next(client, 'connect')
    assert.equal(await client.emitWithAck('whoami'), 'alice')
    client.disconnect()
  }
}
assert.equal(await errorOf(io(origin, options)), 'The request carries no credentials')
assert.equal(await errorOf(io(origin, { ...options, auth: { token: null } })), 'The request carries no credentials')
assert.equal(await errorOf(io(origin, { ...options, auth: { token: expired } })), 'The access token has expired')

// The server closes sockets whose token expires.
assert.equal(await disconnected, 'io server disconnect')
assert.equal((await closed)[0], 1008)

// The issuer is down.
issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('2h')
const later = await issuer.accessToken({ scope: 'live' })
const [status, challenge, seconds] = await refusalOf(later)
assert.deepEqual([status, challenge], [503, undefined])
assert.match(String(seconds), /^\d+$/)
assert.equal(await errorOf(io(origin, { ...options, auth: { token: later } })), 'Try again later')

await sockets.close()
server.close()
await validator.close()
await issuer.close()

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { webSocketProtocol } from '@tollgate/core'
import { createProtect } from '@tollgate/express'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { io, type Socket } from 'socket.io-client'
import { WebSocket } from 'ws'
import { createExpressServer } from './express.ts'
import { createSocketIo } from './socket-io.ts'
import { createSocketServer } from './ws.ts'

const issuer = await createMockIssuer({ port: 'none' })
const protect = createProtect({ ...issuer.validatorOptions, credentials: ['authorization', webSocketProtocol()] })
const token = await issuer.accessToken({ scope: 'live' })
const expired = await issuer.wrongToken('expired', { scope: 'live' })

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A token that expires while the connections are open. */
async function soonExpiring(): Promise<string> {
  return issuer.accessToken({ scope: 'live', exp: Math.floor(Date.now() / 1000) + 3 })
}

const bearer = (text: string): { authorization: string } => ({ authorization: `Bearer ${text}` })

async function firstMessage(opened: WebSocket): Promise<string> {
  return String((await once(opened, 'message'))[0])
}

// ws
const server = createSocketServer(protect)
const url = `ws://${await listen(server)}`

async function refusalOf(headers: Record<string, string>): Promise<readonly unknown[]> {
  const [, response] = (await once(new WebSocket(url, { headers }), 'unexpected-response')) as [
    unknown,
    IncomingMessage,
  ]
  response.resume()
  return [response.statusCode, response.headers['www-authenticate']]
}

const inHeader = new WebSocket(url, { headers: bearer(token) })
inHeader.on('open', () => inHeader.send('whoami'))
assert.equal(await firstMessage(inHeader), 'for alice')
inHeader.close()

// The two ways of browsers.
const inProtocol = new WebSocket(url, ['bearer', token])
inProtocol.on('open', () => inProtocol.send('whoami'))
assert.equal(await firstMessage(inProtocol), 'for alice')
assert.equal(inProtocol.protocol, 'bearer')
inProtocol.close()
const inMessage = new WebSocket(url)
inMessage.on('open', () => [token, 'whoami'].forEach((text) => inMessage.send(text)))
assert.equal(await firstMessage(inMessage), 'for alice')
inMessage.close()

assert.deepEqual(await refusalOf(bearer(expired)), [
  401,
  'Bearer realm="api", error="invalid_token", error_description="The access token has expired", scope="live"',
])
assert.equal((await refusalOf(bearer(await issuer.accessToken())))[0], 403)
assert.equal((await refusalOf({ ...bearer(token), origin: 'https://evil.example' }))[0], 403)

// express-ws
const expressServer = createExpressServer(protect)
const origin = await listen(expressServer)
const live = new WebSocket(`ws://${origin}/live`, { headers: bearer(await soonExpiring()) })
live.on('open', () => live.send('whoami'))
assert.equal(await firstMessage(live), 'for alice')
const closed = once(live, 'close')
assert.equal((await once(new WebSocket(`ws://${origin}/live`), 'close'))[0], 1008)
const page = new WebSocket(`ws://${origin}/page`, { origin: 'https://app.example.com' })
page.on('open', () => [token, 'whoami'].forEach((text) => page.send(text)))
assert.equal(await firstMessage(page), 'for alice')
page.close()
const foreign = new WebSocket(`ws://${origin}/page`, { origin: 'https://evil.example', headers: bearer(token) })
assert.equal((await once(foreign, 'close'))[0], 1008)

// Socket.IO
const http = createServer()
const sockets = createSocketIo(protect)
sockets.attach(http)
const socketIo = `http://${await listen(http)}`
const options = { reconnection: false, forceNew: true }

async function next(client: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => void client.once(event, resolve))
}

async function errorOf(client: Socket): Promise<string> {
  return ((await next(client, 'connect_error')) as Error).message
}

const disconnected = next(io(socketIo, { ...options, auth: { token: await soonExpiring() } }), 'disconnect')
const renewing = io(socketIo, { ...options, auth: { token: await soonExpiring() } })
assert.equal(await renewing.emitWithAck('renew', token), 'renewed')
for (const transports of [['websocket'], ['polling']]) {
  for (const credentials of [{ auth: { token } }, { extraHeaders: bearer(token) }]) {
    const client = io(socketIo, { ...options, transports, ...credentials })
    await next(client, 'connect')
    assert.equal(await client.emitWithAck('whoami'), 'alice')
    client.disconnect()
  }
}
assert.equal(await errorOf(io(socketIo, options)), 'The request carries no credentials')
assert.equal(await errorOf(io(socketIo, { ...options, auth: { token: expired } })), 'The access token has expired')

// The server closes connections whose token expires, except the renewed one.
assert.equal(await disconnected, 'io server disconnect')
assert.equal((await closed)[0], 1008)
assert.equal(await renewing.emitWithAck('whoami'), 'alice')

// The issuer is down.
issuer.misbehave('jwks', { status: 503 })
issuer.clock.advance('2h')
const later = await issuer.accessToken({ scope: 'live' })
assert.deepEqual(await refusalOf(bearer(later)), [503, undefined])
assert.equal(await errorOf(io(socketIo, { ...options, auth: { token: later } })), 'Try again later')

await sockets.close()
server.close()
expressServer.close()
expressServer.closeAllConnections()
await protect.validator.close()
await issuer.close()

/** Clients without a token that try to end the process, or to fill its memory. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { constants, deflateRawSync } from 'node:zlib'
import { createValidator, type Validator } from '@tollgate/core'
import { createProtect } from '@tollgate/express'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { listen } from '../harness/listen.ts'
import { frame, open, portOf } from './clients.ts'

let issuer: MockIssuer
let validator: Validator
beforeEach(async () => {
  issuer = await createMockIssuer({ port: 'none' })
  validator = createValidator(issuer.validatorOptions)
  onTestFinished(async () => {
    await validator.close()
    await issuer.close()
  })
})

async function serve(options: ServerOptions = {}) {
  const server = createServer(() => undefined)
  const opened: WebSocket[] = []
  const sockets = new WebSocketServer({ noServer: true, ...options })
  const upgrade = createProtect(validator).upgrade({ firstMessage: 'accepted' })
  server.on('upgrade', (request, socket, head) => {
    upgrade.listen(sockets, (accepted) => opened.push(accepted))(request, socket, head)
  })
  await listen(server)
  return { server, opened }
}

test('an upgrade behind a request without a response does not end the process', async () => {
  const { server } = await serve()
  const socket = connect(portOf(server), '127.0.0.1')
  const lines = 'Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer junk\r\n'
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n${lines}\r\n`)
  await once(socket, 'close')
  expect(server.listening).toBe(true)
})

test('an option of `ws` that throws does not end the process', async () => {
  const { server } = await serve({
    handleProtocols: () => {
      throw new Error('a fault of the application')
    },
  })
  const [error] = await once(open(server, {}, ['chat']), 'error')
  expect(error).toMatchObject({ code: 'ECONNRESET' })
})

test('compressed messages that become large do not wait for the authentication', async () => {
  const { server, opened } = await serve({ perMessageDeflate: true })
  issuer.misbehave('jwks', { delay: '20s' })
  const deflated = deflateRawSync(Buffer.alloc(5_000_000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)
  const lines = [
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n',
  ]
  const socket = connect(portOf(server), '127.0.0.1')
  socket.on('error', () => undefined).resume()
  const begun = performance.now()
  // In one chunk: the server reads no further one.
  const request = Buffer.from(lines.join('\r\n'))
  const compressedBinary = 0x42
  socket.write(Buffer.concat([request, frame(await issuer.accessToken()), frame(deflated, compressedBinary)]))
  await once(socket, 'close')
  // The authentication waits for its keys much longer.
  expect(performance.now() - begun).toBeLessThan(2000)
  expect(opened).toEqual([])
})

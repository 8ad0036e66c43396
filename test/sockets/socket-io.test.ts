/** The handshakes of Socket.IO over both transports. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import {
  claims,
  cookie,
  createValidator,
  type Guard,
  type Lease,
  scopes,
  type Validator,
  webSocketProtocol,
} from '@tollgate/core'
import { createProtect } from '@tollgate/express'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { Server as SocketIoServer, type ServerOptions } from 'socket.io'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { listen } from '../harness/listen.ts'
import { connectionsOf } from './libraries.ts'
import { portOf } from './clients.ts'

/** The machine can be slow. Socket.IO itself waits for 45 s. */
const soon = 5000

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

async function serve(...guards: readonly Guard[]) {
  return serveWith({}, ...guards)
}

async function serveWith(options: Partial<ServerOptions>, ...guards: readonly Guard[]) {
  const server = createServer()
  const events: string[] = []
  const leases: Lease[] = []
  const sockets = new SocketIoServer(server, options)
  const { handshake } = createProtect(validator).upgrade({ origins: 'https://app.example' }, ...guards)
  sockets.use(handshake)
  sockets.on('connection', (socket) => {
    const { lease } = socket.data as { lease: Lease }
    leases.push(lease)
    events.push(`accepted ${lease.token.subject}`)
    socket.on('say', (text: string, reply?: () => void) => {
      events.push(text)
      reply?.()
    })
    socket.on('renew', (token: unknown, reply: (result: string) => void) => {
      lease.renew(String(token)).then(
        () => reply('OK'),
        (error: { reason: string }) => reply(error.reason),
      )
    })
  })
  await listen(server)
  onTestFinished(() => sockets.close())
  return { server, sockets, events, leases }
}

type Connecting = Partial<ManagerOptions & SocketOptions>

function connect(server: Server, options: Connecting): Socket {
  const socket = io(`http://127.0.0.1:${portOf(server)}`, { reconnection: false, forceNew: true, ...options })
  onTestFinished(() => void socket.disconnect())
  return socket
}

async function next(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => void socket.once(event, resolve))
}

async function errorOf(socket: Socket): Promise<unknown> {
  const { data, message } = (await next(socket, 'connect_error')) as Error & { data?: unknown }
  return { data, message }
}

async function expectGone(server: Server): Promise<void> {
  // An HTTP connection without a request stays open for a while.
  await expect
    .poll(
      () => {
        server.closeIdleConnections()
        return connectionsOf(server)
      },
      { timeout: soon, interval: 20 },
    )
    .toBe(0)
}

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

describe.each(['websocket', 'polling'])('over %s', (transport) => {
  const transports = [transport]

  test('the token is in `auth.token`, or in the request', async () => {
    const { server, events } = await serve(scopes('live'))
    const token = await issuer.accessToken({ scope: 'live' })
    for (const given of [{ auth: { token } }, { extraHeaders: { authorization: `Bearer ${token}` } }]) {
      const socket = connect(server, { transports, ...given })
      socket.emit('say', 'early')
      await next(socket, 'connect')
      await socket.emitWithAck('say', 'later')
      expect(events.splice(0)).toEqual(['accepted alice', 'early', 'later'])
    }
  })

  test('a refused client gets the status, and its connection is closed', async () => {
    const { server, events } = await serve(scopes('live'))
    const token = await issuer.accessToken({ scope: 'live' })
    const extraHeaders = { authorization: `Bearer ${token}` }
    const cases: readonly (readonly [Connecting, number])[] = [
      [{}, 401],
      [{ auth: { token: null } }, 401],
      [{ auth: { token: '' } }, 401],
      [{ auth: { token: await issuer.wrongToken('expired') } }, 401],
      [{ auth: { token: { token } } }, 400],
      [{ auth: { token }, extraHeaders }, 400],
      [{ auth: { token: await issuer.accessToken() } }, 403],
      [{ auth: { token }, extraHeaders: { origin: 'https://evil.example' } }, 403],
      [{ query: { token } }, 401],
    ]
    for (const [given, status] of cases) {
      expect(await errorOf(connect(server, { transports, ...given }))).toMatchObject({ data: { status } })
      await expectGone(server)
    }
    issuer.misbehave('jwks', { status: 503 })
    issuer.clock.advance('2h')
    const later = await issuer.accessToken({ scope: 'live' })
    expect(await errorOf(connect(server, { transports, auth: { token: later } }))).toEqual({
      message: 'Try again later',
      data: { status: 503 },
    })
    expect(events).toEqual([])
  })

  test('a failure is no detail for the client', async () => {
    const bug = () => {
      throw new Error('a bug of the application')
    }
    const { server } = await serve(claims(bug, 'never'))
    const socket = connect(server, { transports, auth: { token: await issuer.accessToken() } })
    expect(await errorOf(socket)).toEqual({ message: 'Try again later', data: { status: 500 } })
  })

  test('a socket ends at exp, and on a revocation of its sid', async () => {
    const { server, leases } = await serve()
    const ends = async (token: string) => next(connect(server, { transports, auth: { token } }), 'disconnect')
    const exp = inSeconds(2)
    expect(await ends(await issuer.accessToken({ exp }))).toBe('io server disconnect')
    expect(Date.now() / 1000).toBeGreaterThanOrEqual(exp)
    expect(Date.now() / 1000).toBeLessThan(exp + soon / 1000)
    const ended = ends(await issuer.accessToken({ sid: 'a' }))
    void ends(await issuer.accessToken({ sid: 'b' }))
    await expect.poll(() => leases.length).toBe(3)
    await validator.revoke({ sid: 'a' })
    expect(await ended).toBe('io server disconnect')
    expect(leases.filter(({ signal }) => !signal.aborted)).toHaveLength(1)
  })

  test('a message can renew the lease', async () => {
    const { server, leases } = await serve(scopes('live'))
    const exp = inSeconds(3)
    const socket = connect(server, { transports, auth: { token: await issuer.accessToken({ scope: 'live', exp }) } })
    await next(socket, 'connect')
    const renew = async (token: unknown) => socket.emitWithAck('renew', token) as Promise<string>
    expect(await renew(await issuer.accessToken({ scope: 'live', sub: 'bob' }))).toBe('other-owner')
    expect(await renew(await issuer.accessToken())).toBe('missing-scope')
    expect(await renew({ method: 'GET' })).toBe('malformed-credentials')
    expect(leases[0]?.token.expiresAt).toEqual(new Date(exp * 1000))
    expect(await renew(await issuer.accessToken({ scope: 'live' }))).toBe('OK')
    expect(leases[0]?.token.expiresAt).not.toEqual(new Date(exp * 1000))
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 200 - Date.now()))
    expect(socket.connected).toBe(true)
  })

  test('a client that leaves ends the lease', async () => {
    const { server, leases } = await serve()
    const socket = connect(server, { transports, auth: { token: await issuer.accessToken() } })
    await next(socket, 'connect')
    socket.disconnect()
    await expect.poll(() => leases[0]?.signal.reason as unknown).toMatchObject({ name: 'AbortError' })
  })
})

/** A WebSocket that connects to a namespace, and responds to nothing. */
async function openStubborn(server: Server, auth: object): Promise<WebSocket> {
  const url = `ws://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=websocket`
  const socket = new WebSocket(url)
  onTestFinished(() => {
    socket.on('error', () => undefined)
    socket.terminate()
  })
  await once(socket, 'open')
  // A paused client does not see the frame that closes the WebSocket.
  socket.pause()
  socket.send(`40${JSON.stringify(auth)}`)
  return socket
}

test('a client that does not take part is cut off', async () => {
  const { server, leases, events } = await serve()
  for (const auth of [{}, { token: await issuer.wrongToken('expired') }]) {
    await openStubborn(server, auth)
    await expectGone(server)
  }
  const socket = await openStubborn(server, { token: await issuer.accessToken() })
  await expect.poll(() => events).toContain('accepted alice')
  const known = [...events]
  leases[0]?.end()
  socket.send('42["say","late"]')
  await expectGone(server)
  expect(events).toEqual(known)
})

test('a lease that ends before the connection counts refuses it', async () => {
  const { server, sockets, events } = await serve()
  sockets.use((socket, go) => {
    ;(socket.data as { lease: Lease }).lease.end()
    setTimeout(go, 100)
  })
  const socket = connect(server, { transports: ['websocket'], auth: { token: await issuer.accessToken() } })
  await Promise.race([
    next(socket, 'disconnect'),
    next(socket, 'connect_error'),
    once(socket.io.engine as never, 'close'),
  ])
  await expectGone(server)
  expect(events).toEqual([])
})

test('a client that leaves during the handshake leaves no lease', async () => {
  const { server, sockets } = await serve()
  const leases: Lease[] = []
  sockets.use((socket) => void leases.push((socket.data as { lease: Lease }).lease))
  const socket = connect(server, { transports: ['websocket'], auth: { token: await issuer.accessToken() } })
  await expect.poll(() => leases.length).toBe(1)
  socket.disconnect()
  await expect.poll(() => leases[0]?.signal.aborted).toBe(true)
})

test('the tolerance of the clock opens no connection without an end', async () => {
  const tolerant = createValidator({ ...issuer.validatorOptions, clockTolerance: '60s' })
  onTestFinished(() => tolerant.close())
  validator = tolerant
  const { server, events } = await serve()
  const token = await issuer.accessToken({ exp: inSeconds(-5) })
  expect(await errorOf(connect(server, { auth: { token } }))).toMatchObject({ data: { status: 401 } })
  expect(events).toEqual([])
})

test('the subprotocol carries the token, and the server echoes `bearer` only', async () => {
  const reading = createValidator({ ...issuer.validatorOptions, credentials: webSocketProtocol() })
  onTestFinished(() => reading.close())
  validator = reading
  const { server, events } = await serve()
  const url = `ws://127.0.0.1:${portOf(server)}/socket.io/?EIO=4&transport=websocket`
  const socket = new WebSocket(url, ['bearer', await issuer.accessToken()])
  await once(socket, 'open')
  expect(socket.protocol).toBe('bearer')
  socket.send('40')
  await expect.poll(() => events).toEqual(['accepted alice'])
  socket.terminate()
})

test('a refusal in one namespace leaves the others open', async () => {
  const { server, sockets } = await serve(scopes('live'))
  sockets
    .of('/open')
    .on('connection', (socket) => void socket.on('ping', (reply: (text: string) => void) => reply('pong')))
  const admin = connect(server, {})
  const main = admin.io.socket('/open')
  main.connect()
  await next(main, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(await main.emitWithAck('ping')).toBe('pong')
})

test('a client that leaves one namespace stays in the others', async () => {
  const { server, sockets, leases } = await serve()
  sockets
    .of('/open')
    .on('connection', (socket) => void socket.on('ping', (reply: (text: string) => void) => reply('pong')))
  const main = connect(server, { auth: { token: await issuer.accessToken() } })
  const other = main.io.socket('/open')
  other.connect()
  await Promise.all([next(main, 'connect'), next(other, 'connect')])
  main.disconnect()
  await expect.poll(() => leases[0]?.signal.aborted).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect(await other.emitWithAck('ping')).toBe('pong')
})

test('a script of another site cannot connect with a cookie, by polling', async () => {
  const reading = createValidator({ ...issuer.validatorOptions, credentials: cookie('session') })
  onTestFinished(() => reading.close())
  validator = reading
  const { server } = await serve()
  const token = await issuer.accessToken()
  const dataOf = async (site: string) => {
    const extraHeaders = { cookie: `session=${token}`, 'sec-fetch-site': site }
    const socket = connect(server, { transports: ['polling'], extraHeaders })
    return Promise.race([next(socket, 'connect').then(() => 'connected'), errorOf(socket)])
  }
  expect(await dataOf('same-origin')).toBe('connected')
  expect(await dataOf('cross-site')).toMatchObject({ data: { status: 403 } })
})

test('a script of another site sends no `Origin`, and is refused all the same', async () => {
  const { server } = await serve()
  const extraHeaders = { authorization: `Bearer ${await issuer.accessToken()}`, 'sec-fetch-site': 'cross-site' }
  expect(await errorOf(connect(server, { transports: ['polling'], extraHeaders }))).toMatchObject({
    data: { status: 403 },
  })
})

test('a server that recovers connections must not skip the handshake', async () => {
  const auth = { token: await issuer.accessToken() }
  const skipping = await serveWith({ connectionStateRecovery: {} })
  expect(await errorOf(connect(skipping.server, { auth }))).toMatchObject({ data: { status: 500 } })
  const checking = await serveWith({ connectionStateRecovery: { skipMiddlewares: false } })
  const socket = connect(checking.server, {
    auth,
    transports: ['websocket'],
    reconnection: true,
    reconnectionDelay: 10,
  })
  await next(socket, 'connect')
  await expect.poll(() => checking.leases.length).toBe(1)
  socket.io.engine.close()
  await next(socket, 'connect')
  await expect.poll(() => checking.leases.length).toBe(2)
  expect(checking.leases.map(({ signal }) => signal.aborted)).toEqual([true, false])
})

import type { IncomingMessage } from 'node:http'
import type { INestApplication, Type } from '@nestjs/common'
import { WsAdapter } from '@nestjs/platform-ws'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import type { AccessToken } from '@tollgate/core'
import { Auth, OptionalAuth, Protect, Public, Scopes, type TollgateOptions } from '@tollgate/nestjs'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createApp, failureOf, invalidOption } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

@WebSocketGateway()
@Protect()
class OrdersGateway {
  readonly connected: unknown[] = []

  handleConnection(_client: object, request?: IncomingMessage) {
    this.connected.push(request?.method)
  }

  @SubscribeMessage('list')
  @Scopes('orders:read')
  list(@Auth() token: AccessToken, @MessageBody() body: unknown) {
    return { event: 'listed', data: { for: token.subject, body } }
  }

  @SubscribeMessage('me')
  me(@Auth() token: AccessToken) {
    return { event: 'me', data: token.subject }
  }

  @SubscribeMessage('hello')
  @OptionalAuth()
  hello(@Auth.optional() token: AccessToken | undefined) {
    return { event: 'hello', data: token?.subject ?? 'nobody' }
  }

  @SubscribeMessage('ping')
  @Public()
  ping() {
    return { event: 'pong', data: 'pong' }
  }

  @SubscribeMessage('forgetful')
  @Public()
  forgetful(@Auth() token: AccessToken) {
    return { event: 'forgetful', data: token.subject }
  }
}

type Answer = readonly [event: string, data: unknown]
type Ask = (event: string, data?: unknown) => Promise<Answer>

interface Connecting {
  readonly token?: string
  readonly auth?: Readonly<Record<string, unknown>>
}

function headersOf({ token }: Connecting): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** Connects by Socket.IO. The answer to a message is the next event. */
async function connectIo(app: INestApplication, connecting: Connecting): Promise<Ask> {
  const transports: Partial<ManagerOptions & SocketOptions> = { transports: ['websocket'], forceNew: true }
  const socket = io(await app.getUrl(), {
    ...transports,
    extraHeaders: headersOf(connecting),
    auth: connecting.auth ?? {},
  })
  onTestFinished(() => void socket.close())
  return async (event, data = {}) => {
    const answered = new Promise<Answer>((resolve) => {
      socket.onAny((name, value) => resolve([name, value]))
      socket.once('disconnect', (reason) => resolve(['disconnect', reason]))
    })
    socket.emit(event, data)
    const answer = await answered
    socket.offAny()
    return answer
  }
}

async function connectWs(app: INestApplication, connecting: Connecting): Promise<Ask> {
  const socket = new WebSocket((await app.getUrl()).replace('http', 'ws'), { headers: headersOf(connecting) })
  onTestFinished(() => socket.terminate())
  await new Promise((resolve) => void socket.once('open', resolve))
  return async (event, data = {}) => {
    const answered = new Promise<string>((resolve) => {
      socket.once('message', (text) => resolve(String(text)))
      socket.once('close', (code, reason) => resolve(JSON.stringify({ event: code, data: String(reason) })))
    })
    socket.send(JSON.stringify({ event, data }))
    const { event: name, data: value } = JSON.parse(await answered) as { event: string; data: unknown }
    return [name, value]
  }
}

const sockets = {
  'socket.io': { connect: connectIo, adapterFor: (app: INestApplication) => new IoAdapter(app) },
  ws: { connect: connectWs, adapterFor: (app: INestApplication) => new WsAdapter(app) },
}

async function open(name: keyof typeof sockets, gateway: Type = OrdersGateway, options: Partial<TollgateOptions> = {}) {
  const { connect, adapterFor } = sockets[name]
  const app = await createApp({ ...issuer.validatorOptions, ...options } as TollgateOptions, { providers: [gateway] })
  app.useWebSocketAdapter(adapterFor(app))
  await app.listen(0, '127.0.0.1')
  return { app, connect: (connecting: Connecting = {}) => connect(app, connecting) }
}

describe.each(['socket.io', 'ws'] as const)('over %s', (name) => {
  test('each message needs a valid token with the scopes of its handler', async () => {
    const { app, connect } = await open(name)
    const ask = await connect({ token: await issuer.accessToken({ sub: 'alice', scope: 'orders:read' }) })
    expect(await ask('list', { page: 1 })).toEqual(['listed', { for: 'alice', body: { page: 1 } }])
    expect(await ask('me')).toEqual(['me', 'alice'])
    expect(await ask('hello')).toEqual(['hello', 'alice'])
    expect(app.get(OrdersGateway).connected).toEqual([name === 'ws' ? 'GET' : undefined])
  })

  test('a message without a token, or without a scope, is refused, and the payload has no reason', async () => {
    const { connect } = await open(name)
    const anonymous = await connect()
    const refused = { status: 'error', message: 'The request carries no credentials' }
    expect(await anonymous('me')).toEqual(['exception', refused])
    expect(await anonymous('ping')).toEqual(['pong', 'pong'])
    expect(await anonymous('hello')).toEqual(['hello', 'nobody'])
    const ask = await connect({ token: await issuer.accessToken({ scope: 'other' }) })
    const message = 'The access token lacks a required scope'
    expect(await ask('list')).toEqual(['exception', { status: 'error', message, error: 'insufficient_scope' }])
    const invalid = await connect({ token: await issuer.wrongToken('tampered') })
    expect(await invalid('hello')).toMatchObject(['exception', { error: 'invalid_token' }])
  })

  test('a message after the end of the token closes the socket', async () => {
    const timed = await createMockIssuer()
    onTestFinished(() => timed.close())
    const { connect } = await open(name, OrdersGateway, timed.validatorOptions)
    const ask = await connect({ token: await timed.accessToken() })
    expect(await ask('me')).toEqual(['me', 'alice'])
    timed.clock.advance('24h')
    const ended = { 'socket.io': ['disconnect', 'io server disconnect'], ws: [1008, 'The access token has expired'] }
    expect(await ask('me')).toEqual(ended[name])
  })

  test('a public message has no token, after a protected one on the same socket', async () => {
    const { connect } = await open(name)
    const ask = await connect({ token: await issuer.accessToken() })
    expect(await ask('me')).toEqual(['me', 'alice'])
    expect(await ask('forgetful')).toMatchObject(['exception', { message: 'Internal server error' }])
  })
})

test('a gateway without a decorator does not start, because global guards of Nest 11 do not apply to it', async () => {
  @WebSocketGateway()
  class OpenGateway {
    @SubscribeMessage('list')
    list() {
      return { event: 'listed', data: [] }
    }
  }

  @Public()
  class PublicBase extends OpenGateway {}

  @WebSocketGateway()
  class InheritingGateway extends PublicBase {}
  expect(await failureOf(createApp(issuer.validatorOptions, { providers: [OpenGateway] }))).toMatchObject(invalidOption)
  const { connect } = await open('ws', InheritingGateway)
  expect(await (await connect())('list')).toMatchObject(['exception', { status: 'error' }])
})

test('a gateway that assigns handleConnection refuses its messages, because their request is not known', async () => {
  @WebSocketGateway()
  @Protect()
  class AssigningGateway {
    readonly handleConnection = () => undefined

    @SubscribeMessage('list')
    list() {
      return { event: 'listed', data: [] }
    }
  }
  const { connect } = await open('ws', AssigningGateway)
  const ask = await connect({ token: await issuer.accessToken() })
  expect(await ask('list')).toMatchObject(['exception', { message: 'Internal server error' }])
})

describe('the auth of a Socket.IO handshake', () => {
  test('is ignored by default', async () => {
    const { connect } = await open('socket.io')
    const ask = await connect({ auth: { token: await issuer.accessToken() } })
    expect(await ask('me')).toMatchObject(['exception', { message: 'The request carries no credentials' }])
  })

  test("carries the token with handshakeAuth: 'accepted', and not besides a header", async () => {
    const { connect } = await open('socket.io', OrdersGateway, { handshakeAuth: 'accepted' })
    const token = await issuer.accessToken({ sub: 'bob' })
    expect(await (await connect({ auth: { token } }))('me')).toEqual(['me', 'bob'])
    expect(await (await connect({ token }))('me')).toEqual(['me', 'bob'])
    expect(await (await connect())('me')).toMatchObject(['exception', { status: 'error' }])
    for (const connecting of [{ token, auth: { token } }, { auth: { token: 1 } }, { auth: { token: '' } }]) {
      expect(await (await connect(connecting))('me')).toMatchObject(['exception', { error: 'invalid_request' }])
    }
  })
})

/** The sockets of gateways end with their token. Real time is the subject of some tests. */
import { once } from 'node:events'
import { Inject, type INestApplication } from '@nestjs/common'
import { IoAdapter } from '@nestjs/platform-socket.io'
import { WsAdapter } from '@nestjs/platform-ws'
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { type AccessToken, createValidator, isRefusal } from '@tollgate/core'
import { createMockIssuer, createSenderClient } from '@tollgate/mock-issuer'
import { Auth, LEASES, type Leases, Protect, Public, Scopes, type TollgateOptions } from '@tollgate/nestjs'
import { io, type Socket as IoClient } from 'socket.io-client'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createApp } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

@WebSocketGateway()
@Protect()
class NewsGateway {
  readonly refused: string[] = []
  readonly #leases: Leases

  constructor(@Inject(LEASES) leases: Leases) {
    this.#leases = leases
  }

  /** A client without a valid token gets no broadcasts. */
  async handleConnection(client: { close?(): void; disconnect?(): void }) {
    try {
      await this.#leases.of(client)
    } catch (error) {
      this.refused.push(isRefusal(error) ? error.reason : String(error))
      client.disconnect?.()
      client.close?.()
    }
  }

  @SubscribeMessage('me')
  me(@Auth() token: AccessToken) {
    return { event: 'me', data: token.subject }
  }

  @SubscribeMessage('news')
  @Scopes('news')
  news() {
    return { event: 'news', data: 'none' }
  }

  @SubscribeMessage('renew')
  async renew(@ConnectedSocket() client: object, @MessageBody() token: string) {
    const lease = await this.#leases.of(client)
    const renewed = await lease.renew(token).catch(({ reason }: { reason: string }) => reason)
    return { event: 'renewed', data: typeof renewed === 'string' ? renewed : 'yes' }
  }
}

/** A gateway that reads no credentials. */
@WebSocketGateway()
@Public()
class PublicGateway {
  @SubscribeMessage('ping')
  ping() {
    return { event: 'pong', data: 'pong' }
  }
}

interface Client {
  readonly ask: (event: string, data?: unknown) => Promise<unknown>
  /** Resolves with the time, in milliseconds since the epoch. */
  readonly closed: Promise<number>
  readonly isClosed: () => boolean
}

type Headers = Record<string, string>

function clientOf(socket: WebSocket | IoClient): Client {
  let isClosed = false
  const closed = new Promise<number>((resolve) => {
    const done = (): void => {
      isClosed = true
      resolve(Date.now())
    }
    if (socket instanceof WebSocket) {
      socket.once('close', done)
    } else {
      socket.once('disconnect', done)
    }
  })
  return {
    closed,
    isClosed: () => isClosed,
    ask: async (event, data = {}) => {
      if (socket instanceof WebSocket) {
        socket.send(JSON.stringify({ event, data }))
        const [text] = (await once(socket, 'message')) as [Buffer]
        return (JSON.parse(text.toString()) as { data: unknown }).data
      }
      socket.emit(event, data)
      return new Promise((resolve) => {
        socket.onAny((_name, value: unknown) => {
          socket.offAny()
          resolve(value)
        })
      })
    },
  }
}

const libraries = {
  ws: {
    adapterFor: (app: INestApplication) => new WsAdapter(app),
    connect: async (url: string, headers: Headers) => {
      const socket = new WebSocket(url.replace('http', 'ws'), { headers })
      onTestFinished(() => socket.terminate())
      const client = clientOf(socket)
      await once(socket, 'open')
      return client
    },
  },
  'socket.io': {
    adapterFor: (app: INestApplication) => new IoAdapter(app),
    connect: async (url: string, headers: Headers) => {
      const options = { transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders: headers }
      const socket = io(url, options)
      onTestFinished(() => void socket.close())
      const client = clientOf(socket)
      await new Promise<void>((resolve) => socket.on('connect', resolve))
      return client
    },
  },
} as const

describe.each(['ws', 'socket.io'] as const)('a gateway over %s', (name) => {
  const { adapterFor, connect } = libraries[name]

  async function open(
    options: TollgateOptions = issuer.validatorOptions,
    gateway: new (...args: never[]) => object = NewsGateway,
  ) {
    const app = await createApp(options, { providers: [gateway] })
    app.useWebSocketAdapter(adapterFor(app))
    await app.listen(0, '127.0.0.1')
    const url = await app.getUrl()
    return { app, connect: async (headers: Headers) => connect(url, headers) }
  }
  const bearer = async (claims: Record<string, unknown>): Promise<Headers> => ({
    authorization: `Bearer ${await issuer.accessToken(claims)}`,
  })

  test('closes a socket within 1 s of the exp, and not before', async () => {
    const { connect: connectTo } = await open()
    const exp = inSeconds(2)
    const { ask, closed } = await connectTo(await bearer({ exp }))
    expect(await ask('me')).toBe('alice')
    const late = (await closed) - exp * 1000
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(1000)
  })

  test('closes the sockets of a revoked sid, and no others', async () => {
    const validator = createValidator(issuer.validatorOptions)
    onTestFinished(() => validator.close())
    const { connect: connectTo } = await open({ validator })
    const first = await connectTo(await bearer({ sid: `${name} a` }))
    const other = await connectTo(await bearer({ sid: `${name} b` }))
    await validator.revoke({ sid: `${name} a` })
    await first.closed
    expect(await other.ask('me')).toBe('alice')
    expect(other.isClosed()).toBe(false)
  })

  test('verifies the proof of the handshake once, when the client connects', async () => {
    const fresh = await createMockIssuer()
    onTestFinished(() => fresh.close())
    const origin = 'https://api.example'
    const { app, connect: connectTo } = await open({ ...fresh.validatorOptions, origin, dpop: { mode: 'required' } })
    const client = await createSenderClient({ clock: fresh.clock })
    const token = await fresh.accessToken({ cnf: client.cnf, scope: 'other' })
    const path = name === 'ws' ? '/' : '/socket.io/'
    const { authorization, dpop } = await client.headers({ method: 'GET', url: `${origin}${path}`, token })
    const { ask } = await connectTo({ authorization, dpop })
    await new Promise((resolve) => setTimeout(resolve, 200))
    // The proof is too old for the first message.
    fresh.clock.advance('2m')
    expect(await ask('me')).toBe('alice')
    expect(await ask('me')).toBe('alice')
    expect(await ask('news')).toMatchObject({ error: 'insufficient_scope' })
    // Another socket cannot use the proof again.
    const thief = await connectTo({ authorization, dpop })
    await thief.closed
    expect(app.get(NewsGateway).refused).toHaveLength(1)
  })

  test('goes on with a fresh token of the same owner', async () => {
    const { connect: connectTo } = await open()
    const exp = inSeconds(3)
    const { ask, isClosed } = await connectTo(await bearer({ exp }))
    expect(await ask('renew', await issuer.accessToken({ sub: 'bob' }))).toBe('other-owner')
    expect(await ask('news')).toMatchObject({ error: 'insufficient_scope' })
    expect(await ask('renew', await issuer.accessToken({ scope: 'news' }))).toBe('yes')
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 500 - Date.now()))
    expect(isClosed()).toBe(false)
    // The guards see the fresh token.
    expect(await ask('news')).toBe('none')
  })

  test('can refuse a connection without a token, and one with a token that has expired', async () => {
    const { app, connect: connectTo } = await open()
    await (
      await connectTo({})
    ).closed
    const expired = await connectTo({ authorization: `Bearer ${await issuer.wrongToken('expired')}` })
    await expired.closed
    expect(app.get(NewsGateway).refused).toEqual(['no-credentials', 'expired'])
  })

  test('reads no credentials if all of its messages are public', async () => {
    const { connect: connectTo } = await open(issuer.validatorOptions, PublicGateway)
    const exp = inSeconds(1)
    const { ask, isClosed } = await connectTo(await bearer({ exp }))
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 500 - Date.now()))
    expect(await ask('ping')).toBe('pong')
    expect(isClosed()).toBe(false)
  })
})

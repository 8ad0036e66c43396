/** mercurius writes the members of `connection_init` into the headers of the upgrade request, where none is present. */
import { GraphQLModule, Int, Query, Resolver, Subscription } from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import { type AccessToken, cookie } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { Auth, OptionalAuth, Scopes, type TollgateOptions } from '@tollgate/nestjs'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { createApp, serve } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

@Resolver()
class CountResolver {
  @Query(() => String)
  me(@Auth() token: AccessToken) {
    return token.subject
  }

  @Subscription(() => Int, { resolve: (value: unknown) => value })
  @Scopes('count')
  async *count() {
    yield 1
  }

  @Subscription(() => String, { resolve: (value: unknown) => value })
  @OptionalAuth()
  async *who(@Auth.optional() token: AccessToken | undefined) {
    yield token?.subject ?? 'nobody'
  }
}

const mercurius: MercuriusDriverConfig = {
  driver: MercuriusDriver,
  autoSchemaFile: true,
  subscription: { fullWsTransport: true },
}

async function createMercurius(options: Partial<TollgateOptions> = {}) {
  const all = { ...issuer.validatorOptions, ...options } as TollgateOptions
  const graphql = GraphQLModule.forRoot(mercurius)
  return createApp(all, { providers: [CountResolver], imports: [graphql], platform: 'fastify' })
}

interface Message {
  readonly type: string
  readonly payload?: unknown
}

/** Opens a socket, and returns a function that resolves with the first message about an operation. */
async function open(options: Partial<TollgateOptions> = {}) {
  const app = await createMercurius(options)
  await app.listen(0, '127.0.0.1')
  const url = `${(await app.getUrl()).replace('http', 'ws')}/graphql`
  return async (query: string, headers: Record<string, string>, init: Record<string, unknown> = {}) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers })
    onTestFinished(() => socket.terminate())
    return new Promise<unknown>((resolve) => {
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: init })))
      socket.on('message', (data) => {
        const { type, payload } = JSON.parse(String(data)) as Message
        if (type === 'connection_ack') {
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }))
        } else if (type === 'next' || type === 'error') {
          resolve(resultOf(payload))
        }
      })
    })
  }
}

function resultOf(payload: unknown): unknown {
  const { data, errors = payload } = payload as { readonly data?: unknown; readonly errors?: unknown }
  return Array.isArray(errors)
    ? errors.map(({ extensions }: { extensions?: Record<string, unknown> }) => extensions?.['code'])
    : data
}

const count = 'subscription { count }'
const authorization = `Bearer ${await issuer.accessToken({ sub: 'bob', scope: 'count' })}`

test('the token is in the headers of the upgrade request, and nowhere else', async () => {
  const ask = await open()
  expect(await ask(count, { authorization })).toEqual({ count: 1 })
  expect(await ask('{ me }', { authorization })).toEqual({ me: 'bob' })
  expect(await ask('{ me }', {})).toEqual(['UNAUTHENTICATED'])
  for (const init of [{}, { authorization }, { Authorization: authorization }, { authorization: [[authorization]] }]) {
    expect(await ask(count, {}, init)).toEqual(['UNAUTHENTICATED'])
    expect(await ask('subscription { who }', {}, init)).toEqual({ who: 'nobody' })
  }
})

test("handshakeAuth: 'accepted' takes it from connection_init as well", async () => {
  const ask = await open({ handshakeAuth: 'accepted' })
  expect(await ask(count, {}, { authorization })).toEqual({ count: 1 })
  expect(await ask(count, {}, { Authorization: authorization })).toEqual({ count: 1 })
  expect(await ask(count, { authorization }, { Authorization: authorization })).toEqual(['BAD_REQUEST'])
  expect(await ask(count, {}, { authorization: [[authorization]] })).not.toEqual({ count: 1 })
})

test('a page of another site cannot make itself same-origin', async () => {
  const ask = await open({ credentials: cookie('session', { origins: 'https://app.example.com' }) })
  const session = { cookie: `session=${await issuer.accessToken({ scope: 'count' })}` }
  expect(await ask(count, { ...session, origin: 'https://app.example.com' })).toEqual({ count: 1 })
  const foreign = { ...session, origin: 'https://evil.example' }
  expect(await ask(count, foreign)).toEqual(['FORBIDDEN'])
  expect(await ask(count, foreign, { 'sec-fetch-site': 'same-origin' })).toEqual(['FORBIDDEN'])
  expect(await ask(count, session, { origin: 'https://app.example.com' })).toEqual(['FORBIDDEN'])
})

test('a request with many refused fields has one challenge, and is authenticated once', async () => {
  const request = await serve(await createMercurius())
  const fields = Array.from({ length: 200 }, (_, index) => `field${index}: me`)
  const received = await request('/graphql', {
    method: 'POST',
    // The header alone makes no socket.
    headers: [
      ['Content-Type', 'application/json'],
      ['Upgrade', 'websocket'],
    ],
    body: JSON.stringify({ query: `{ ${fields.join(' ')} }` }),
  })
  expect(received).toMatchObject({ status: 401, challenges: ['Bearer realm="api"'] })
})

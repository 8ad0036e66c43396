/** Subscriptions of GraphQL end with their token. Real time is the subject of some tests. */
import { once } from 'node:events'
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import { GraphQLModule, Int, Query, Resolver, Subscription } from '@nestjs/graphql'
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius'
import { type AccessToken, createValidator } from '@tollgate/core'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { Auth, type TollgateOptions } from '@tollgate/nestjs'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { waitFor } from '../harness/wait-for.ts'
import { createApp } from './app.ts'

const issuer = await createMockIssuer()
afterAll(() => issuer.close())

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

/** The counts that have not been returned. */
let counting = 0

@Resolver()
class CountResolver {
  @Query(() => String)
  me(@Auth() token: AccessToken) {
    return token.subject
  }

  @Subscription(() => Int, { resolve: (value: unknown) => value })
  async *count() {
    counting += 1
    try {
      for (let count = 0; ; count += 1) {
        yield count
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    } finally {
      counting -= 1
    }
  }
}

const apollo: ApolloDriverConfig = {
  driver: ApolloDriver,
  autoSchemaFile: true,
  graphiql: false,
  subscriptions: { 'graphql-ws': true },
}
const mercurius: MercuriusDriverConfig = { driver: MercuriusDriver, autoSchemaFile: true, subscription: true }

describe.each([
  ['Apollo and graphql-ws', 'express', GraphQLModule.forRoot(apollo)],
  ['mercurius', 'fastify', GraphQLModule.forRoot(mercurius)],
] as const)('a subscription with %s', (_name, platform, graphql) => {
  async function subscribe(options: TollgateOptions, claims: Record<string, unknown>): Promise<WebSocket> {
    const app = await createApp(options, { providers: [CountResolver], imports: [graphql], platform })
    await app.listen(0, '127.0.0.1')
    const headers = { authorization: `Bearer ${await issuer.accessToken(claims)}` }
    const url = `${(await app.getUrl()).replace('http', 'ws')}/graphql`
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers })
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'connection_init' }))
    await once(socket, 'message')
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: 'subscription { count }' } }))
    const [first] = (await once(socket, 'message')) as [Buffer]
    expect(JSON.parse(first.toString())).toMatchObject({ type: 'next', payload: { data: { count: 0 } } })
    return socket
  }

  test('ends within 1 s of the exp, and not before', async () => {
    const exp = inSeconds(3)
    const socket = await subscribe(issuer.validatorOptions, { exp })
    expect(counting).toBe(1)
    expect(await once(socket, 'close')).toEqual([1008, Buffer.from('The access token has expired')])
    expect(Date.now() - exp * 1000).toBeGreaterThanOrEqual(0)
    expect(Date.now() - exp * 1000).toBeLessThan(1000)
    await waitFor(() => counting === 0)
  })

  test('ends when its token is revoked', async () => {
    const validator = createValidator(issuer.validatorOptions)
    onTestFinished(() => validator.close())
    const socket = await subscribe({ validator }, { sid: 'counting' })
    await validator.revoke({ sid: 'counting' })
    expect(await once(socket, 'close')).toEqual([1008, Buffer.from('The access token is not valid')])
    await waitFor(() => counting === 0)
  })
})

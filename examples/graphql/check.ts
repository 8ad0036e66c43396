import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMockIssuer } from '@tollgate/mock-issuer'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { createApp as createExpress } from './apollo-express.ts'
import { startApollo } from './apollo.ts'
import { createApp as createMercurius } from './mercurius.ts'
import { createSubscriptionServer } from './subscriptions.ts'
import { createApp as createYoga } from './yoga.ts'

const issuer = await createMockIssuer({ port: 'none' })
const options = issuer.validatorOptions
const lacking =
  'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="orders:read"'
const expired = 'Bearer realm="api", error="invalid_token", error_description="The access token has expired"'

interface Result {
  readonly status: number
  readonly challenge: string | null
  readonly retryAfter: string | null
  readonly text: string
  /** Of the first error. */
  readonly code: unknown
}

async function send(url: string, query: string, token?: string): Promise<Result> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const headers = { 'content-type': 'application/json', ...authorization }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
  const text = await response.text()
  const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] }
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
    text,
    code: errors[0]?.extensions.code,
  }
}

interface Expected {
  /** Whether a middleware refuses before GraphQL. Then the body has no GraphQL errors. */
  readonly refusedBy: 'middleware' | 'context'
  /** The status for the refusal of one field, by a resolver. */
  readonly field: 200 | 403
}

async function check(url: string, { refusedBy, field }: Expected): Promise<void> {
  const inContext = (code: string) => (refusedBy === 'context' ? code : undefined)
  const reader = await issuer.accessToken({ scope: 'orders:read' })

  const all = await send(url, '{ me orders }', reader)
  assert.deepEqual([all.status, JSON.parse(all.text)], [200, { data: { me: 'alice', orders: ['tea'] } }])

  const none = await send(url, '{ me }')
  assert.deepEqual([none.status, none.challenge, none.code], [401, 'Bearer realm="api"', inContext('UNAUTHENTICATED')])
  const old = await send(url, '{ me }', await issuer.wrongToken('expired'))
  assert.deepEqual([old.status, old.challenge, old.code], [401, expired, inContext('UNAUTHENTICATED')])
  const introspection = await send(url, '{ __schema { types { name } } }')
  assert.equal(introspection.status, 401)

  // One field is refused. The others have their data.
  const partial = await send(url, '{ me orders }', await issuer.accessToken())
  assert.deepEqual(
    [partial.status, partial.challenge, partial.code],
    [field, field === 403 ? lacking : null, 'FORBIDDEN'],
  )
  assert.deepEqual((JSON.parse(partial.text) as { data: unknown }).data, { me: 'alice', orders: null })

  issuer.misbehave('jwks', { status: 503 })
  issuer.clock.advance('2h')
  const down = await send(url, '{ me }', await issuer.accessToken())
  assert.deepEqual([down.status, down.challenge, down.code], [503, null, inContext('SERVICE_UNAVAILABLE')])
  assert.match(down.retryAfter ?? '', /^\d+$/)
  assert.equal(down.text.includes(issuer.url), false)
  issuer.behave()
  issuer.clock.advance('1m')
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const apollo = await startApollo(options)
await check(apollo.url, { refusedBy: 'context', field: 403 })
await apollo.server.stop()
await apollo.validator.close()

const express = createServer(await createExpress(options))
await check(`${await listen(express)}/graphql`, { refusedBy: 'middleware', field: 403 })
express.close()

const yoga = createServer(createYoga(options))
await check(`${await listen(yoga)}/graphql`, { refusedBy: 'context', field: 403 })
yoga.close()

const mercurius = await createMercurius(options)
await check(`${await mercurius.listen({ host: '127.0.0.1', port: 0 })}/graphql`, {
  refusedBy: 'middleware',
  field: 200,
})
await mercurius.close()

// A subscription ends with its token, and a connection without a token does not begin.
const subscriptions = createSubscriptionServer(options)
const socketUrl = `${(await listen(subscriptions)).replace('http', 'ws')}/graphql`
const exp = Math.floor(issuer.clock() / 1000) + 2
assert.deepEqual(await closeOf(await issuer.accessToken({ exp })), [1008, 'The access token has expired'])
assert.deepEqual(await closeOf(undefined), [4403, 'Forbidden'])
subscriptions.close()

/** Subscribes, and resolves when the server closes the connection. */
async function closeOf(token: string | undefined): Promise<readonly [code: number, reason: string]> {
  const counts: unknown[] = []
  const client = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { token },
    retryAttempts: 0,
  })
  const closed = new Promise<readonly [number, string]>((resolve) => {
    client.on('closed', (event) => {
      const { code, reason } = event as { code: number; reason: string }
      resolve([code, reason])
    })
  })
  client.subscribe(
    { query: 'subscription { count }' },
    { next: ({ data }) => void counts.push(data), error: () => undefined, complete: () => undefined },
  )
  const result = await closed
  assert.deepEqual(counts[0], token === undefined ? undefined : { count: 0 })
  return result
}

await issuer.close()

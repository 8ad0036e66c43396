import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { forbiddenAddress, holdConnections } from '../src/http/connections.ts'
import { exchange } from '../src/http/send-request.ts'
import { type OwnConnections, startClient } from '../src/introspection/client-authentication/client-authentication.ts'
import { tlsClientAuth } from '../src/introspection/client-authentication/tls-client-auth.ts'

async function openServer(): Promise<{ readonly url: string; readonly visits: () => number }> {
  let visits = 0
  const server = createServer((_request, response) => response.end('{}'))
  server.on('connection', () => (visits += 1))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, visits: () => visits }
}

test('a name that leads to an address that is not public is not connected to, and one that may lead anywhere is', async () => {
  const { url, visits } = await openServer()
  const connections = holdConnections()
  const pub = connections.dispatcher('public')
  await expect(request(url, { dispatcher: pub })).rejects.toMatchObject({ code: forbiddenAddress })
  const outbound = {
    purpose: 'keys',
    url,
    method: 'GET',
    headers: {},
    mostBytes: 100,
    signal: AbortSignal.timeout(5000),
  } as const
  const outside = { dispatcher: pub, network: 'any', label: 'resolved' } as const
  await expect(exchange({ ...outbound, outside })).rejects.toMatchObject({ reason: 'insecure-endpoint' })
  expect(visits()).toBe(0)
  await expect(request(url, { dispatcher: connections.dispatcher('any') })).resolves.toMatchObject({ statusCode: 200 })
  await connections.release()
})

test('nor do the connections of a client certificate go there, and once they are closed they stay so', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'api' }])
  const connections = connectionsOf(tlsClientAuth('api', { cert, key }))
  const { url, visits } = await openServer()
  const release = connections.hold()
  const dispatcher = connections.dispatcher('public')
  await expect(request(url, { dispatcher })).rejects.toMatchObject({ code: forbiddenAddress })
  expect(visits()).toBe(0)
  release()
  expect(connections.dispatcher('public')).toBe(dispatcher)
  await expect(request(url, { dispatcher })).rejects.toMatchObject({ code: 'UND_ERR_DESTROYED' })
  connections.hold()
  expect(connections.dispatcher('public')).not.toBe(dispatcher)
})

function connectionsOf(client: ReturnType<typeof tlsClientAuth>): OwnConnections {
  const { connections } = startClient(client)
  if (connections === undefined) {
    throw new Error('It has no connections of its own')
  }
  return connections
}

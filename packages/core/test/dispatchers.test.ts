import { once } from 'node:events'
import { createServer } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { type Dispatcher, request } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createDispatcher, forbiddenAddress } from '../src/http/dispatchers.ts'
import { createNetworks, type Networks } from '../src/http/network.ts'
import { sendRequest, unexpectedStatus } from '../src/http/send-request.ts'

function openNetworks(): Networks {
  const networks = createNetworks({ dispatcher: undefined, clock: Date.now })
  onTestFinished(() => networks.close())
  return networks
}

async function openServer(): Promise<{ readonly url: string; readonly connections: () => number }> {
  let connections = 0
  const server = createServer((_request, response) => response.end('{}'))
  server.on('connection', () => (connections += 1))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, connections: () => connections }
}

test('a host name with an address that is not public is not connected to, unless the access is any', async () => {
  const { url, connections } = await openServer()
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'api' }])
  const networks = openNetworks()
  const forbidden = networks.of('public', 'resolved')
  const dispatchers: readonly Dispatcher[] = [
    await forbidden.dispatcher(),
    await createDispatcher({ cert, key })('public'),
  ]
  for (const dispatcher of dispatchers) {
    await expect(request(url, { dispatcher })).rejects.toMatchObject({ code: forbiddenAddress })
  }
  const outbound = { purpose: 'keys', url, method: 'GET', headers: {}, maxBytes: 100 } as const
  // The look-up of the name decides. The URL alone would be refused before.
  const network = { ...forbidden, access: 'any' } as const
  const signal = AbortSignal.timeout(5000)
  await expect(sendRequest({ ...outbound, network, signal })).rejects.toMatchObject({ reason: 'insecure-endpoint' })
  expect(connections()).toBe(0)
  await sendRequest({ ...outbound, network: networks.of('any', 'listed'), signal })
  expect(connections()).toBe(1)
})

test('an address gets more than the 250 ms of Node, and the next one has its turn within a second', async () => {
  const { url } = await openServer()
  const connect = vi.spyOn(net, 'connect')
  onTestFinished(() => connect.mockRestore())
  const network = openNetworks().of('any', 'listed')
  for (const dispatcher of [await network.dispatcher(), await network.dispatcher('new')]) {
    connect.mockClear()
    await (await request(url, { dispatcher })).body.dump()
    const { autoSelectFamilyAttemptTimeout: milliseconds } = Object(connect.mock.calls[0]?.[0])
    expect(milliseconds).toBeGreaterThan(250)
    expect(milliseconds).toBeLessThanOrEqual(500)
  }
})

test('a dispatcher for new connections uses none twice', async () => {
  const { url, connections } = await openServer()
  const network = openNetworks().of('any', 'listed')
  for (const count of [1, 2, 3]) {
    await (await request(url, { dispatcher: await network.dispatcher('new') })).body.dump()
    expect(connections()).toBe(count)
  }
})

const name = 'https://as.example/realms/x'

test.each([
  ['https://login.example/a?token=secret#b', 'https://login.example'],
  ['https://u:secret@login.example:8443/', 'https://login.example:8443'],
  ['/secret', 'https://as.example'],
  ['//bücher.example/', 'https://xn--bcher-kva.example'],
  ['javascript:secret', 'javascript:'],
  [`https://${'a'.repeat(300)}.example`, `https://${'a'.repeat(192)}`],
])('the error for a redirect to %s names %s at most', (location, place) => {
  const body = new Uint8Array()
  const { message, reason } = unexpectedStatus({ name, status: 301, headers: { location }, body })
  expect(reason).toBe('unexpected-status')
  expect(message.split(' ')).toContain(place.endsWith(':') ? `${place}//` : place)
  expect(message).not.toContain('secret')
})

test.each([
  [302, {}],
  [302, { location: 'https://' }],
  [302, { location: ['https://a.example', 'https://b.example'] }],
  [304, {}],
  [200, { location: 'https://a.example' }],
])('the error for %i with %j names no place', (status, headers) => {
  const { message } = unexpectedStatus({ name, status, headers, body: new Uint8Array() })
  expect(message).toBe(unexpectedStatus({ name, status, headers: {}, body: new Uint8Array() }).message)
})

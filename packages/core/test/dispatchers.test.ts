import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { type Dispatcher, request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createDispatcher, forbiddenAddress } from '../src/http/dispatchers.ts'
import { createNetworks, type Networks } from '../src/http/network.ts'
import { sendRequest } from '../src/http/send-request.ts'

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

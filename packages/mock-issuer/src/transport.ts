import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, MockAgent } from 'undici'
import type { Endpoints } from './endpoints.ts'

/** How requests reach the issuer. */
export interface Transport {
  readonly url: string
  /** Only this dispatcher of undici reaches an issuer without a port. */
  readonly dispatcher: Dispatcher | undefined
  readonly close: () => Promise<void>
}

/** Real HTTP on loopback. */
export async function listen(endpoints: Endpoints, port: number): Promise<Transport> {
  const server = createServer((request, response) => {
    const { status, headers, body } = endpoints(request.method ?? 'GET', request.url ?? '/')
    response.writeHead(status, headers).end(body)
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    dispatcher: undefined,
    close: async () => {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

/** No port at all: a dispatcher that answers in the process, and refuses every other host. */
export function stayInside(endpoints: Endpoints, url: string): Transport {
  const agent = new MockAgent()
  agent.disableNetConnect()
  agent
    .get(url)
    .intercept({ path: () => true, method: () => true })
    .reply(({ method, path }) => {
      const { status, headers, body } = endpoints(method, path)
      return { statusCode: status, data: body, responseOptions: { headers } }
    })
    .persist()
  return { url, dispatcher: agent, close: () => agent.close() }
}

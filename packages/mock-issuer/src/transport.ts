import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { Agent, type Dispatcher } from 'undici'

/** How requests reach the issuer: one server, over loopback or in memory. */
export interface Transport {
  readonly url: string
  /** Only this dispatcher of undici reaches an issuer without a port. */
  readonly dispatcher: Dispatcher | undefined
  /** From now on requests are answered by this. */
  readonly serve: (listener: RequestListener) => void
  /** Cuts off what is under way, and answers no more. */
  readonly close: () => Promise<void>
}

const nameWithoutPort = 'https://issuer.example'

/** Opens at a port on loopback, any if it is 0, or nowhere but in the process. It knows the name before there are requests. */
export async function openTransport(port: number | 'none'): Promise<Transport> {
  const server = createServer()
  const { url, dispatcher, close } = port === 'none' ? stayInside(server, nameWithoutPort) : await listen(server, port)
  let closing: Promise<void> | undefined
  return {
    url,
    dispatcher,
    serve: (listener) => void server.on('request', listener),
    close: () => (closing ??= close()),
  }
}

type Opened = Pick<Transport, 'url' | 'dispatcher' | 'close'>

/** Real HTTP on loopback. */
async function listen(server: Server, port: number): Promise<Opened> {
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const address = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${address.port}`,
    dispatcher: undefined,
    close: async () => {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    },
  }
}

/** No port at all: a dispatcher whose connections lead to the server in memory, without TLS, and which refuses every other host. */
function stayInside(server: Server, url: string): Opened {
  const connections = new Set<Duplex>()
  const agent = new Agent({
    allowH2: false,
    connect: ({ protocol, host }, callback) => {
      const asked = `${protocol}//${host}`
      // Later, as a connection comes: undici does not expect it at once.
      queueMicrotask(() => {
        if (asked === url) {
          callback(null, connect(server, connections))
        } else {
          callback(new Error(`The mock issuer is ${url}, and its dispatcher does not go to ${asked}`), null)
        }
      })
    },
  })
  return {
    url,
    dispatcher: agent,
    close: async () => {
      for (const connection of connections) {
        connection.destroy()
      }
      await agent.destroy()
    },
  }
}

/** A connection in memory. It holds nothing open, and what undici asks of a socket a stream can do. */
function connect(server: Server, connections: Set<Duplex>): Socket {
  const [near, far] = duplexPair()
  connections.add(far)
  near.on('close', () => far.destroy())
  far.on('close', () => {
    connections.delete(far)
    if (!far.writableFinished) {
      near.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    }
  })
  server.emit('connection', far)
  return near as Socket
}

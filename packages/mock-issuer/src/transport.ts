import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import * as stream from 'node:stream'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
// Bun replaces the package `undici` by a module that ignores dispatchers. It does not replace this file.
import { Agent } from 'undici/index.js'

/** The connection between requests and the issuer: one HTTP server, over loopback or in memory. */
export interface Transport {
  readonly url: string
  /** The only dispatcher that connects to an issuer without a port. `undefined` if the issuer has a port. */
  readonly dispatcher: Dispatcher | undefined
  /** Sets the listener that responds to requests. */
  readonly serve: (listener: RequestListener) => void
  /** Closes all connections, and accepts no further ones. */
  readonly close: () => Promise<void>
}

const urlWithoutPort = 'https://issuer.example'

/** Opens the transport before the endpoints exist, because the endpoints need its URL. Port 0 is any free port. */
export async function openTransport(port: number | 'none'): Promise<Transport> {
  const server = createServer()
  const { url, dispatcher, close } = port === 'none' ? openInMemory(server, urlWithoutPort) : await listen(server, port)
  let closing: Promise<void> | undefined
  return {
    url,
    dispatcher,
    serve: (listener) => void server.on('request', listener),
    close: () => (closing ??= close()),
  }
}

type OpenTransport = Pick<Transport, 'url' | 'dispatcher' | 'close'>

async function listen(server: Server, port: number): Promise<OpenTransport> {
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

/** Creates a dispatcher that connects to the server in memory, without TLS. It refuses every other origin. */
function openInMemory(server: Server, url: string): OpenTransport {
  const connections = new Set<Duplex>()
  const agent = new Agent({
    allowH2: false,
    connect: ({ protocol, host }, callback) => {
      const origin = `${protocol}//${host}`
      const open = (): void =>
        origin === url
          ? callback(null, connect(server, connections))
          : callback(new Error(`The dispatcher of the mock issuer ${url} does not connect to ${origin}`), null)
      // undici expects no synchronous callback. A promise also works when fake timers replace `queueMicrotask`.
      void Promise.resolve().then(open)
    },
  })
  return {
    url,
    dispatcher: agent,
    close: async () => {
      for (const connection of connections) {
        connection.destroy()
      }
      // It closes at once. Its promise waits for the global `queueMicrotask`, which fake timers replace.
      void agent.destroy()
    },
  }
}

/** Opens a connection in memory. It does not prevent the exit of the process. A stream has all that undici uses. */
function connect(server: Server, connections: Set<Duplex>): Socket {
  const [clientSide, serverSide] = stream.duplexPair()
  connections.add(serverSide)
  clientSide.on('close', () => serverSide.destroy())
  serverSide.on('close', () => {
    connections.delete(serverSide)
    if (!serverSide.writableFinished) {
      clientSide.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
    }
  })
  server.emit('connection', serverSide)
  return clientSide as Socket
}

import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { pipeline } from 'node:stream'
import { createProtect } from '@tollgate/express'
import express5 from 'express'
import express4 from 'express4'
import { enableHttp2 } from '../express-over-http2.ts'
import { bind, respondLate, type StreamServer, write } from './stream-server.ts'

function expressServer(name: string, express: typeof express5, protocol: StreamServer['protocol']): StreamServer {
  return {
    name,
    protocol,
    cutsOff: true,
    serve: async (streams) => {
      const protect = createProtect(streams.validator)
      const app = express()
      app.use(protect())
      app.all('/written', (req, res) => write(streams, bind(streams, protect.auth(req), res)))
      app.all('/piped', (req, res) => pipeline(streams.body(), bind(streams, protect.auth(req), res), () => undefined))
      app.all('/silent', (req, res) => void bind(streams, protect.auth(req), res))
      app.all('/late', (req, res) => void respondLate(streams, protect.auth(req), res))
      const server = protocol === 'http/2' ? createHttp2Server(app as never) : createServer(app)
      if (protocol === 'http/2') {
        enableHttp2(server)
      }
      return server
    },
  }
}

export const expressServers: readonly StreamServer[] = [
  expressServer('Express 5', express5, 'http/1.1'),
  expressServer('Express 4', express4 as never, 'http/1.1'),
  expressServer('Express 5 over HTTP/2', express5, 'http/2'),
]

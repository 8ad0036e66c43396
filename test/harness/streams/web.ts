import { createServer, type IncomingMessage } from 'node:http'
import type { Server } from 'node:net'
import { Readable } from 'node:stream'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { lease, leaseResponse } from '@tollgate/core'
import { createProtect } from '@tollgate/hono'
import { type Context, Hono } from 'hono'
import { bind, respondLate, type Streams, type StreamServer } from './stream-server.ts'

const webStream = (streams: Streams): ReadableStream<Uint8Array> =>
  Readable.toWeb(streams.body()) as ReadableStream<Uint8Array>

function serveWeb(app: Hono<never>): Server {
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  return createServer((request: IncomingMessage, response) => void listener(request, response))
}

export const honoServer: StreamServer = {
  name: 'Hono 4',
  protocol: 'http/1.1',
  cutsOff: true,
  serve: async (streams) => {
    const protect = createProtect(streams.validator)
    const app = new Hono<{ Bindings: HttpBindings }>()
    app.use(protect())
    const respond = (c: Context<{ Bindings: HttpBindings }>) => {
      const bound = lease(protect.auth(c)).bind(c.env.outgoing)
      streams.onLease(bound)
      return leaseResponse(c.body(webStream(streams), { headers: { 'Content-Type': 'text/event-stream' } }), bound)
    }
    app.all('/written', respond).all('/piped', respond)
    app.all('/silent', async (c) => {
      bind(streams, protect.auth(c), c.env.outgoing)
      return new Promise<never>(() => undefined)
    })
    app.all('/late', async (c) => {
      await respondLate(streams, protect.auth(c), c.env.outgoing)
      return RESPONSE_ALREADY_SENT
    })
    return serveWeb(app as never)
  },
}

export const webServer: StreamServer = {
  name: 'Request',
  protocol: 'http/1.1',
  cutsOff: false,
  serve: async (streams) => {
    const app = new Hono()
    const respond = async ({ req }: Context) => {
      try {
        const opened = lease(await streams.validator.authenticate(req.raw))
        streams.onLease(opened)
        return leaseResponse(new Response(webStream(streams)), opened)
      } catch (error) {
        return streams.validator.respond(error)
      }
    }
    app.all('/written', respond).all('/piped', respond)
    return serveWeb(app as never)
  },
}

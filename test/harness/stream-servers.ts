/** The streams of each framework, bound to leases. `streams.test.ts` runs over all of them. */
import '@tollgate/fastify/augment'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerResponse } from 'node:http2'
import type { Server } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Router } from '@koa/router'
import { All, Controller, type INestApplication, Module, Res, Sse } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { type AccessToken, lease, type Lease, leaseResponse, type Validator } from '@tollgate/core'
import { createProtect as protectExpress } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as protectHono } from '@tollgate/hono'
import { createProtect as protectKoa } from '@tollgate/koa'
import { Auth, TollgateModule } from '@tollgate/nestjs'
import express5 from 'express'
import express4 from 'express4'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { type Context, Hono } from 'hono'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { from, map } from 'rxjs'
import { enableHttp2 } from './express-over-http2.ts'

/** What the handlers do, for every framework. */
export interface Streams {
  readonly validator: Validator
  /** The lease of each request. */
  readonly onLease: (lease: { readonly signal: AbortSignal }) => void
  /** A body without an end. */
  readonly body: () => Readable
}

/**
 * A server with these routes, for GET and POST:
 *
 * - `/written`: its handler writes the response, and goes on after the end of the lease.
 * - `/piped`: its body is a stream, as the framework sends one.
 * - `/silent`: its handler never responds. `/late`: it responds when the lease has ended. Only frameworks over Node have
 *   them.
 */
export interface StreamServer {
  readonly name: string
  readonly protocol: 'http/1.1' | 'http/2'
  /** Whether the server has the response of Node, which cuts off a client that does not read. */
  readonly cutsOff: boolean
  readonly serve: (streams: Streams) => Promise<Server>
}

type Response = ServerResponse | Http2ServerResponse

function bindLease(streams: Streams, token: AccessToken, response: Response): Lease {
  const bound = lease(token).bind(response)
  streams.onLease(bound)
  return bound
}

function bind<Bound extends Response>(streams: Streams, token: AccessToken, response: Bound): Bound {
  bindLease(streams, token, response)
  return response
}

/** The handler does not notice the end. */
function write({ body }: Streams, response: Response): void {
  // Koa sets 404 before.
  Object.assign(response, { statusCode: 200 }).setHeader('Content-Type', 'text/event-stream')
  response.flushHeaders()
  const source = body().on('data', (chunk: Buffer) => {
    if (!(response as ServerResponse).write(chunk)) {
      source.pause()
      response.once('drain', () => source.resume())
    }
  })
  response.on('close', () => setTimeout(() => source.destroy(), 100))
}

/** An error here would be an unhandled rejection. */
async function respondLate(streams: Streams, token: AccessToken, response: Response): Promise<void> {
  await once(bindLease(streams, token, response).signal, 'abort')
  await sleep(20)
  response.setHeader('X-Late', 'yes')
  response.writeHead(200)
  ;(response as ServerResponse).write('late')
  response.end('later')
  streams.body().destroy()
}

function expressServer(name: string, express: typeof express5, protocol: StreamServer['protocol']): StreamServer {
  return {
    name,
    protocol,
    cutsOff: true,
    serve: async (streams) => {
      const protect = protectExpress(streams.validator)
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

function koaServer(name: string, Koa: typeof Koa3): StreamServer {
  return {
    name,
    protocol: 'http/1.1',
    cutsOff: true,
    serve: async (streams) => {
      const protect = protectKoa(streams.validator)
      const router = new Router().use(protect())
      router.all('/written', (ctx) => {
        ctx.respond = false
        write(streams, bind(streams, protect.auth(ctx), ctx.res))
      })
      router.all('/piped', (ctx) => {
        bind(streams, protect.auth(ctx), ctx.res)
        ctx.body = streams.body()
      })
      router.all('/silent', (ctx) => {
        ctx.respond = false
        bind(streams, protect.auth(ctx), ctx.res)
      })
      router.all('/late', (ctx) => {
        ctx.respond = false
        void respondLate(streams, protect.auth(ctx), ctx.res)
      })
      return createServer(new Koa().use(router.routes()).callback())
    },
  }
}

async function addFastifyRoutes(app: FastifyInstance, streams: Streams): Promise<void> {
  await app.register(tollgate, { validator: streams.validator })
  app.addHook('onRequest', app.protect())
  app.all('/written', (request, reply) => {
    reply.hijack()
    write(streams, bind(streams, app.auth(request), reply.raw))
  })
  app.all('/piped', (request, reply) => {
    bind(streams, app.auth(request), reply.raw)
    return reply.send(streams.body())
  })
  app.all('/silent', (request, reply) => void bind(streams, app.auth(request), reply.hijack().raw))
  app.all('/late', (request, reply) => void respondLate(streams, app.auth(request), reply.hijack().raw))
}

function fastifyServer(name: string, protocol: StreamServer['protocol']): StreamServer {
  return {
    name,
    protocol,
    cutsOff: true,
    serve: async (streams) => {
      const app = (protocol === 'http/2' ? fastify({ http2: true }) : fastify()) as FastifyInstance
      await addFastifyRoutes(app, streams)
      await app.ready()
      return app.server
    },
  }
}

function nestController(streams: Streams): new () => object {
  const rawOf = (response: ServerResponse | FastifyReply): ServerResponse =>
    'raw' in response ? response.raw : response
  class StreamController {
    written(token: AccessToken, response: ServerResponse | FastifyReply): void {
      write(streams, bind(streams, token, rawOf(response)))
    }
    piped(token: AccessToken, response: ServerResponse | FastifyReply): unknown {
      bind(streams, token, rawOf(response))
      return from(streams.body() as AsyncIterable<Buffer>).pipe(map((chunk) => ({ data: chunk.toString() })))
    }
    silent(token: AccessToken, response: ServerResponse | FastifyReply): void {
      bind(streams, token, rawOf(response))
    }
    late(token: AccessToken, response: ServerResponse | FastifyReply): void {
      void respondLate(streams, token, rawOf(response))
    }
  }
  for (const [name, route] of [
    ['late', All('late')],
    ['written', All('written')],
    ['piped', Sse('piped')],
    ['silent', All('silent')],
  ] as const) {
    route(StreamController.prototype, name, Object.getOwnPropertyDescriptor(StreamController.prototype, name) ?? {})
    Auth()(StreamController.prototype, name, 0)
    Res()(StreamController.prototype, name, 1)
  }
  Controller()(StreamController)
  return StreamController
}

function nestServer(name: string, createAdapter: () => ExpressAdapter | FastifyAdapter): StreamServer {
  return {
    name,
    protocol: 'http/1.1',
    cutsOff: true,
    serve: async (streams) => {
      class StreamModule {}
      Module({
        imports: [TollgateModule.forRoot({ validator: streams.validator })],
        controllers: [nestController(streams)],
      })(StreamModule)
      const app: INestApplication = await NestFactory.create(StreamModule, createAdapter(), { logger: false })
      await app.init()
      if (app.getHttpAdapter().getType() === 'fastify') {
        await (app.getHttpAdapter().getInstance() as FastifyInstance).ready()
      }
      return app.getHttpServer() as Server
    },
  }
}

const webStream = (streams: Streams): ReadableStream<Uint8Array> =>
  Readable.toWeb(streams.body()) as ReadableStream<Uint8Array>

function serveWeb(app: Hono<never>): Server {
  const listener = getRequestListener(app.fetch as never, { overrideGlobalObjects: false })
  return createServer((request: IncomingMessage, response) => void listener(request, response))
}

const honoServer: StreamServer = {
  name: 'Hono 4',
  protocol: 'http/1.1',
  cutsOff: true,
  serve: async (streams) => {
    const protect = protectHono(streams.validator)
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

const webServer: StreamServer = {
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

export const streamServers: readonly StreamServer[] = [
  expressServer('Express 5', express5, 'http/1.1'),
  expressServer('Express 4', express4 as never, 'http/1.1'),
  expressServer('Express 5 over HTTP/2', express5, 'http/2'),
  koaServer('Koa 3', Koa3),
  koaServer('Koa 2', Koa2 as never),
  fastifyServer('Fastify 5', 'http/1.1'),
  fastifyServer('Fastify 5 over HTTP/2', 'http/2'),
  nestServer('NestJS on Express', () => new ExpressAdapter()),
  nestServer('NestJS on Fastify', () => new FastifyAdapter()),
  honoServer,
  webServer,
]

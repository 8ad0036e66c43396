import type { ServerResponse } from 'node:http'
import type { Server } from 'node:net'
import { All, Controller, type INestApplication, Module, Res, Sse } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { AccessToken } from '@tollgate/core'
import { Auth, TollgateModule } from '@tollgate/nestjs'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { from, map } from 'rxjs'
import { bind, respondLate, type Streams, type StreamServer, write } from './stream-server.ts'

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

export const nestServers: readonly StreamServer[] = [
  nestServer('NestJS on Express', () => new ExpressAdapter()),
  nestServer('NestJS on Fastify', () => new FastifyAdapter()),
]

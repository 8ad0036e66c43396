import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  HttpCode,
  type INestApplication,
  Module,
  type NestInterceptor,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { HttpAdapterHost, NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { AccessToken, Validator } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import {
  Auth,
  createProtect,
  OptionalAuth,
  Protect,
  type ProtectGuards,
  Public,
  TollgateGuard,
  TollgateModule,
  type TollgateOptions,
} from '@tollgate/nestjs'
import type { FastifyInstance } from 'fastify'
import { EMPTY } from 'rxjs'
import { type Adapter, isValidator, mistake, type Serving, statusAndHeadersOf } from './adapter.ts'

type Class = new () => object
type Decorator = ClassDecorator & MethodDecorator

function optionsOf(protection: ProtectOptions | Validator): TollgateOptions {
  return isValidator(protection) ? { validator: protection } : protection
}

/** A controller with one route. Decorators are functions here, because Node runs this file as it is. */
function controllerOf(
  path: string,
  respond: (token: AccessToken | undefined) => object,
  decorators: readonly (ClassDecorator | MethodDecorator)[],
  auth: ParameterDecorator = Auth(),
): Class {
  class OneRoute {
    route(token: AccessToken | undefined): object {
      return respond(token)
    }
  }
  const method = Object.getOwnPropertyDescriptor(OneRoute.prototype, 'route') ?? {}
  for (const decorator of [All(), HttpCode(200), ...decorators] as readonly MethodDecorator[]) {
    decorator(OneRoute.prototype, 'route', method)
  }
  auth(OneRoute.prototype, 'route', 0)
  Controller(path)(OneRoute)
  return OneRoute
}

function onClass(type: Class, decorator: Decorator): Class {
  decorator(type)
  return type
}

function controllersOf({ guards, onHandled, habits = [] }: Serving, protectInner: ProtectGuards): readonly Class[] {
  const respond = (token: AccessToken | undefined): object => {
    onHandled(token)
    return { ok: true }
  }
  const fail = (): never => {
    throw mistake
  }
  const corsBehind = habits.includes('cors behind') ? [UseInterceptors(preflightResponder)] : []
  return [
    controllerOf('items', respond, [Protect(...guards), ...corsBehind]),
    controllerOf('optional', respond, [OptionalAuth(...guards)], Auth.optional()),
    controllerOf('mounted/items', respond, [Protect(...guards)]),
    onClass(controllerOf('twice', respond, [UseGuards(TollgateGuard), Protect(...guards)]), Protect(...guards)),
    controllerOf('failing', fail, [Protect(...guards)]),
    controllerOf('inner/items', respond, [UseGuards(protectInner(...guards))]),
    controllerOf('unguarded', respond, [Public()]),
  ]
}

/** A CORS layer behind the guards, which let preflights pass. */
const preflightResponder: NestInterceptor = {
  intercept: (context, next) => {
    const { method, headers } = context.switchToHttp().getRequest<IncomingMessage>()
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) {
      return next.handle()
    }
    const response = context.switchToHttp().getResponse<ServerResponse | { raw: ServerResponse }>()
    const raw = 'raw' in response ? response.raw : response
    raw.writeHead(204, { 'Access-Control-Allow-Methods': 'GET' }).end()
    return EMPTY
  },
}

function filterFor(onError: (error: unknown) => void, { httpAdapter }: HttpAdapterHost): object {
  class OwnFilter {
    catch(error: unknown, host: ArgumentsHost): void {
      onError(error)
      const { status, headers } = statusAndHeadersOf(error)
      const response: unknown = host.switchToHttp().getResponse()
      Object.entries(headers).forEach(([name, value]) => httpAdapter.setHeader(response, name, value))
      httpAdapter.reply(response, 'mine', status)
    }
  }
  Catch()(OwnFilter)
  return new OwnFilter()
}

async function createApp(
  serving: Serving,
  adapter: ExpressAdapter | FastifyAdapter,
  protectInner?: ProtectGuards,
): Promise<INestApplication> {
  class TestModule {}
  const { protection, habits = [], onError } = serving
  const controllers = protectInner === undefined ? [] : [...controllersOf(serving, protectInner)]
  const isServed = habits.includes('metadata in front') || habits.includes('metadata behind')
  const options: TollgateOptions = { ...optionsOf(protection), ...(isServed ? { metadata: 'served' } : {}) }
  Module({ imports: [TollgateModule.forRoot(options)], controllers })(TestModule)
  const app = await NestFactory.create(TestModule, adapter, { logger: false, abortOnError: false })
  if (protectInner !== undefined && habits.includes('metadata in front')) {
    app.use(protectInner.metadata())
  }
  if (habits.includes('own challenge')) {
    app.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
      response.setHeader('X-Own', 'set before').setHeader('WWW-Authenticate', 'Basic realm="staging"')
      next()
    })
  }
  if (habits.includes('cors in front')) {
    app.enableCors({ exposedHeaders: ['WWW-Authenticate'] })
  }
  if (onError !== undefined) {
    app.useGlobalFilters(filterFor(onError, app.get(HttpAdapterHost)) as never)
  }
  return app.init()
}

function expressAdapterFor({ habits = [] }: Serving): ExpressAdapter {
  const adapter = new ExpressAdapter()
  adapter.set('trust proxy', habits.includes('trust proxy'))
  return adapter
}

/** Fastify parses a body before the guards run, and refuses a type that it does not know. */
function fastifyAdapterFor({ habits = [] }: Serving): FastifyAdapter {
  const adapter = new FastifyAdapter({ trustProxy: habits.includes('trust proxy') })
  adapter.getInstance().addContentTypeParser('*', (_request, body, done) => {
    body.resume().on('end', () => done(null))
  })
  return adapter
}

function nestAdapter(
  name: string,
  adapterFor: (serving: Serving) => ExpressAdapter | FastifyAdapter,
  listenerOf: (app: INestApplication) => Promise<(request: IncomingMessage, response: ServerResponse) => void>,
): Adapter {
  return {
    name,
    create: async (options) => {
      const serving = { protection: options, guards: [], onHandled: () => undefined }
      await (await createApp(serving, adapterFor(serving))).close()
    },
    serve: (serving) => {
      const protectInner = createProtect(optionsOf(serving.inner ?? serving.protection))
      const ready = createApp(serving, adapterFor(serving), protectInner)
      const listener = ready.then(listenerOf)
      const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
        void listener.then((listen) => listen(request, response))
      })
      return server.on('close', () => void ready.then((app) => app.close()))
    },
  }
}

export const nestAdapters: readonly Adapter[] = [
  nestAdapter('NestJS on Express', expressAdapterFor, async (app) => app.getHttpAdapter().getInstance()),
  nestAdapter('NestJS on Fastify', fastifyAdapterFor, async (app) => {
    const fastify = app.getHttpAdapter().getInstance() as FastifyInstance
    await fastify.ready()
    return (request, response) => fastify.routing(request, response)
  }),
]

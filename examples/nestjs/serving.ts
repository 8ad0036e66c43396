import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { DynamicModule, INestApplication } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { Validator } from '@tollgate/core'
import { onTestFinished } from 'vitest'
import { TollgateModule } from './tollgate.ts'

const platforms = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() }
export type Platform = keyof typeof platforms
export const platformNames: readonly Platform[] = ['express', 'fastify']

type AppModule = Parameters<typeof NestFactory.create>[0]

/** Creates the app on one platform. It closes at the end of the test. */
export async function create(platform: Platform, module: AppModule): Promise<INestApplication> {
  const app = await NestFactory.create(module, platforms[platform](), { logger: false, abortOnError: false })
  onTestFinished(() => app.close())
  return app
}

// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class
class TestModule {}

/** A module with these controllers, and with options from a factory. */
export function moduleOf(validator: Validator, ...controllers: (new () => object)[]): DynamicModule {
  const tollgate = TollgateModule.forRootAsync({ useFactory: async () => ({ validator }) })
  return { module: TestModule, controllers, imports: [tollgate] }
}

export async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1')
  return app.getUrl()
}

/** The parts of a response that are the same on every platform. */
export interface Received {
  readonly status: number
  /** Every line of `WWW-Authenticate`. */
  readonly challenges: readonly string[]
  readonly cacheControl: string | undefined
  readonly contentType: string | undefined
  readonly retryAfter: string | undefined
  readonly body: string
}

export interface Sent {
  /** Every `Authorization` line. `fetch` would join them. */
  readonly authorization?: readonly string[]
  readonly form?: string
}

/** Sends a request over a socket: `send(origin, 'GET /orders')`. */
export async function send(
  origin: string,
  line: string,
  { authorization = [], form = '' }: Sent = {},
): Promise<Received> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const formHeaders = form === '' ? [] : ['Content-Type', 'application/x-www-form-urlencoded']
  const bodyHeaders = [...formHeaders, 'Content-Length', String(Buffer.byteLength(form))]
  const lines = [
    'Host',
    new URL(origin).host,
    ...authorization.flatMap((value) => ['Authorization', value]),
    ...bodyHeaders,
  ]
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(`${origin}${path}`, { method, headers: lines, agent: false })
      .on('response', resolve)
      .on('error', reject)
      .end(form)
  })
  const { statusCode = 0, headers, headersDistinct } = response
  return {
    status: statusCode,
    challenges: headersDistinct['www-authenticate'] ?? [],
    cacheControl: headers['cache-control'],
    contentType: headers['content-type'],
    retryAfter: headers['retry-after'],
    body: await text(response),
  }
}

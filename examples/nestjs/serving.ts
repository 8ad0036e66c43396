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

/** The app on one platform, closed when the test ends. */
export async function create(platform: Platform, module: AppModule): Promise<INestApplication> {
  const app = await NestFactory.create(module, platforms[platform](), { logger: false, abortOnError: false })
  onTestFinished(() => app.close())
  return app
}

// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is a class
class TestModule {}

/** An app of these controllers, whose options come when it starts. */
export function moduleOf(validator: Validator, ...controllers: (new () => object)[]): DynamicModule {
  const tollgate = TollgateModule.forRootAsync({ useFactory: async () => ({ validator }) })
  return { module: TestModule, controllers, imports: [tollgate] }
}

export async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1')
  return app.getUrl()
}

/** What of an answer is the same on every platform. */
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
  /** Every `Authorization` line: `fetch` would join them. */
  readonly authorization?: readonly string[]
  readonly form?: string
}

/** `send(origin, 'GET /orders')`, over a socket. */
export async function send(
  origin: string,
  line: string,
  { authorization = [], form = '' }: Sent = {},
): Promise<Received> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const ofForm = form === '' ? [] : ['Content-Type', 'application/x-www-form-urlencoded']
  const entity = [...ofForm, 'Content-Length', String(Buffer.byteLength(form))]
  const lines = ['Host', new URL(origin).host, ...authorization.flatMap((value) => ['Authorization', value]), ...entity]
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

import type { DynamicModule, INestApplication, Type } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { TollgateModule, type TollgateOptions } from '@tollgate/nestjs'
import { onTestFinished } from 'vitest'
import { type Received, send, type Sent } from '../harness/send.ts'

export const invalidOption = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() }
export type Platform = keyof typeof adapters
export const platforms: readonly Platform[] = ['express', 'fastify']

class TestModule {}

export interface Parts {
  readonly controllers?: readonly Type[]
  readonly providers?: NonNullable<DynamicModule['providers']>
  readonly imports?: NonNullable<DynamicModule['imports']>
  readonly platform?: Platform
}

/** Creates an application with `TollgateModule`. It closes when the test ends. */
export async function createApp(options: TollgateOptions, parts: Parts = {}): Promise<INestApplication> {
  return createBare({ ...parts, imports: [TollgateModule.forRoot(options), ...(parts.imports ?? [])] })
}

/** The same without `TollgateModule`. */
export async function createBare({
  controllers = [],
  providers = [],
  imports = [],
  platform = 'express',
}: Parts): Promise<INestApplication> {
  const module = { module: TestModule, controllers: [...controllers], providers, imports }
  const app = await NestFactory.create(module, adapters[platform](), { logger: false, abortOnError: false })
  onTestFinished(() => app.close())
  return app
}

export type Request = Omit<Sent, 'path'> & { readonly token?: string | undefined }

/** Lets the app listen, and returns a function that sends requests to it. */
export async function serve(app: INestApplication): Promise<(path: string, request?: Request) => Promise<Received>> {
  await app.listen(0, '127.0.0.1')
  const origin = await app.getUrl()
  return (path, { token, headers = [], ...sent } = {}) => {
    const credentials = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]
    return send(origin, { ...sent, path, headers: [...credentials, ...headers] })
  }
}

/** The error with which an application does not start. */
export async function failureOf(work: Promise<INestApplication>): Promise<unknown> {
  try {
    const app = await work
    await app.init()
  } catch (error) {
    return error
  }
  throw new Error('the application started')
}

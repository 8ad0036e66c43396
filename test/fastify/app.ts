import '@tollgate/fastify/augment'
import type { Guard } from '@tollgate/fastify'
import fastify, { type FastifyInstance, type FastifyServerOptions, type RouteShorthandOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import { type Received, send, type Sent } from '../harness/send.ts'

export const invalidOption = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }

/** An app that is closed when the test ends. */
export function openApp(options: FastifyServerOptions = {}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, ...options })
  onTestFinished(async () => {
    await app.close()
  })
  return app
}

export type Request = Omit<Sent, 'path'> & { readonly token?: string | undefined }

/** Lets the app listen, and returns a function that sends requests to it. */
export async function serve(app: FastifyInstance): Promise<(path: string, request?: Request) => Promise<Received>> {
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return (path, { token, headers = [], ...sent } = {}) => {
    const credentials = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]
    return send(origin, { ...sent, path, headers: [...credentials, ...headers] })
  }
}

export const formHeader = ['Content-Type', 'application/x-www-form-urlencoded'] as const

/** A POST with a form body. */
export function form(fields: Readonly<Record<string, string>>): Request {
  return { method: 'POST', headers: [formHeader], body: new URLSearchParams(fields).toString() }
}

/** The hooks of a route that run before its handler. */
export const earlyHooks = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const

/** Each way to protect a route. */
export const ways = [...earlyHooks, 'config', 'scope'] as const
export type Way = (typeof ways)[number]

/** The options of a route that is protected in this way. With `'scope'` the scope gets a hook. */
export function protectedBy(scope: FastifyInstance, way: Way, ...guards: readonly Guard[]): RouteShorthandOptions {
  if (way === 'scope') {
    scope.addHook('onRequest', scope.protect(...guards))
    return {}
  }
  return way === 'config' ? { config: { auth: guards } } : { [way]: scope.protect(...guards) }
}

import type { Guard } from '@tollgate/fastify'
import fastify, { type FastifyInstance, type FastifyServerOptions, type RouteShorthandOptions } from 'fastify'
import { onTestFinished } from 'vitest'
import { type Received, send, type Sent } from '../harness/send.ts'

/** The code that a mistake in options or routes has. */
export const aMistake = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }

/** An app that is closed when the test ends. */
export function openApp(options: FastifyServerOptions = {}): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, ...options })
  onTestFinished(async () => {
    await app.close()
  })
  return app
}

export type Asking = Omit<Sent, 'path'> & { readonly token?: string | undefined }

/** Has the app listen, and asks it over sockets. */
export async function asking(app: FastifyInstance): Promise<(path: string, sent?: Asking) => Promise<Received>> {
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return (path, { token, headers = [], ...sent } = {}) => {
    const credentials = token === undefined ? [] : [['Authorization', `Bearer ${token}`] as const]
    return send(origin, { ...sent, path, headers: [...credentials, ...headers] })
  }
}

export const formHeader = ['Content-Type', 'application/x-www-form-urlencoded'] as const

/** A form that is posted, and may carry the token. */
export function form(fields: Readonly<Record<string, string>>): Asking {
  return { method: 'POST', headers: [formHeader], body: new URLSearchParams(fields).toString() }
}

/** Each way to protect a route. */
export const ways = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'config', 'scope'] as const

/** The options of a route that is protected this way; or else the scope is. */
export function protectedBy(
  scope: FastifyInstance,
  way: (typeof ways)[number],
  ...guards: readonly Guard[]
): RouteShorthandOptions {
  if (way === 'scope') {
    scope.addHook('onRequest', scope.protect(...guards))
    return {}
  }
  return way === 'config' ? { config: { auth: guards } } : { [way]: scope.protect(...guards) }
}

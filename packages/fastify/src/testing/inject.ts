import { responseTime, type Send } from '@tollgate/core/testing'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'

/** The host and the version of a route. */
export type Constraints = Readonly<Record<string, string>>

/** The parts of a Fastify app that the check uses, for any server and logger. */
export interface FastifyApp {
  readonly ready: () => PromiseLike<unknown>
  readonly printRoutes: () => string
  readonly findRoute: (route: { method: string; url: string; constraints: Constraints }) => { params: object } | null
  readonly inject: (options: InjectOptions) => PromiseLike<LightMyRequestResponse>
  readonly initialConfig: object
}

export function isApp(app: unknown): app is FastifyApp {
  const members: readonly (keyof FastifyApp)[] = ['ready', 'printRoutes', 'findRoute', 'inject', 'initialConfig']
  return typeof app === 'object' && app !== null && members.every((member) => member in app)
}

/** Sends requests without a socket. */
export function sendBy(app: FastifyApp): Send {
  return async ({ method, path, headers }) => {
    const signal = AbortSignal.timeout(responseTime)
    try {
      const options = { method, url: path, headers, signal }
      const { statusCode, headers: received, body } = await app.inject(options)
      return { status: statusCode, headers: received, body }
    } catch {
      // The handler does not respond in time, or destroys the request.
      return undefined
    }
  }
}

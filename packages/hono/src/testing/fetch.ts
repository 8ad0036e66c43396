import { type Received, responseTime, type Send, startOf } from '@tollgate/core/testing'

/** The parts of a Hono app that the check uses, for any bindings, variables and schema. */
export interface HonoApp {
  readonly routes: readonly HonoRoute[]
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>
  readonly router: { readonly match: (method: string, path: string) => readonly unknown[] }
  readonly getPath: (request: Request, options: { readonly env: never }) => string
}

/** An entry of `app.use`, or one handler of a route. */
export interface HonoRoute {
  readonly path: string
  /** `'ALL'` for `app.use` and `app.all`. */
  readonly method: string
}

export function isApp(app: unknown): app is HonoApp {
  const members: readonly (keyof HonoApp)[] = ['routes', 'fetch', 'router', 'getPath']
  return typeof app === 'object' && app !== null && members.every((member) => member in app)
}

/** The path as a client sends it, such as one with two slashes. */
export function requestOf(path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost${path}`, init)
}

/** Sends requests without a server. */
export function sendBy(app: HonoApp): Send {
  return async ({ method, path, headers }) => {
    const signal = AbortSignal.timeout(responseTime)
    const late = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined))
    })
    try {
      return await Promise.race([receive(app, requestOf(path, { method, headers, signal })), late])
    } catch {
      // A handler threw a value that is no error.
      return undefined
    }
  }
}

async function receive(app: HonoApp, request: Request): Promise<Received> {
  const { status, headers, body } = await app.fetch(request, {})
  return { status, headers: Object.fromEntries(headers), body: body === null ? '' : await startOf(body) }
}

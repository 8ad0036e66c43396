import type { RequestListener } from 'node:http'

/** The parts of a Koa app that list its middleware, in versions 2 and 3. */
export interface KoaApp {
  readonly middleware: readonly unknown[]
  readonly context: object
  readonly callback: () => RequestListener
}

/** A router of @koa/router or koa-router. */
export interface Router {
  readonly stack: readonly Layer[]
  readonly host?: string | RegExp | readonly (string | RegExp)[] | undefined
}

export interface Layer {
  readonly path: string | RegExp
  /** None for a middleware of `router.use`. */
  readonly methods: readonly string[]
  readonly regexp?: RegExp
  /** The functions of the route, in their order. */
  readonly stack?: readonly unknown[]
}

export function isApp(app: unknown): app is KoaApp {
  return typeof app === 'object' && app !== null && 'middleware' in app && 'callback' in app && 'context' in app
}

export function isRouter(router: unknown): router is Router {
  return typeof router === 'object' && router !== null && 'stack' in router && Array.isArray(router.stack)
}

/** The internals of Express 4 and 5 that list routes. Express has no public API for this. */

export interface Router {
  readonly stack: readonly Layer[]
}

/** An entry of `app.use`, or a route. */
export interface Layer {
  readonly name: string
  readonly handle: (...args: never) => unknown
  readonly route?: Route | undefined
  /** Whether the path is `/`, in Express 5. */
  readonly slash?: boolean
  /** The path of `use`, since version 2.3 of the package `router`. */
  readonly rawPath?: RoutePath | readonly RoutePath[]
  /** Express 4 has this instead of the path. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean }
  readonly keys?: readonly { readonly name: string | number }[]
  /** The part of the path that matched last, unless `match` returns it. */
  readonly path?: string
  readonly match: (path: string) => boolean | { readonly path: string }
}

export type RoutePath = string | RegExp

export interface Route {
  readonly path: RoutePath | readonly RoutePath[]
  readonly methods: Readonly<Record<string, boolean>>
  /** The functions of the route, in their order. Those of `route.all` have no method. */
  readonly stack: readonly { readonly handle: unknown; readonly method?: string | undefined }[]
}

export interface App {
  readonly router?: Router
  /** Express 4. The router does not exist before the first route. */
  readonly _router?: Router
}

export function isApp(app: unknown): app is App {
  return typeof app === 'function' && 'handle' in app && 'set' in app && 'request' in app
}

/** Reading `router` throws in Express 4. */
export function routerOf(app: App): Router | undefined {
  if (!('lazyrouter' in app)) {
    return app.router
  }
  const { _router: router } = app
  return router
}

/** The router behind an entry of `app.use`: a router, or a mounted app. */
export function routerBehind(layer: Layer): Router | undefined {
  const { handle } = layer
  if ('stack' in handle && Array.isArray(handle.stack)) {
    return handle as unknown as Router
  }
  const app = appBehind(layer)
  return app && routerOf(app)
}

/** The app behind an entry of `app.use`, when it is one. */
export function appBehind({ name, handle }: Layer): App | undefined {
  const app = name === 'mounted_app' ? mountedApp(handle) : undefined
  return isApp(app) ? app : undefined
}

/** The path that a layer leaves of a path. `undefined` when it does not match. */
export function restAfter(layer: Layer, path: string): string | undefined {
  const match = layer.match(path)
  if (match === false) {
    return undefined
  }
  const matched = typeof match === 'object' ? match.path : (layer.path ?? '')
  const rest = path.slice(matched.length)
  if (layer.route === undefined && matched !== '' && !endsSegment(rest, layer)) {
    return undefined
  }
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Express skips an entry of `app.use` whose expression ends within a segment. For version 4, a dot ends one too. */
function endsSegment(rest: string, { regexp }: Layer): boolean {
  return rest === '' || rest.startsWith('/') || (regexp !== undefined && rest.startsWith('.'))
}

/**
 * Express hides a mounted app in a closure. The app replaces the prototype of the request before its first handler. At
 * that moment this request loses its URL, so that no handler runs.
 */
function mountedApp(handle: Layer['handle']): unknown {
  let app: unknown
  const outer = { request: {}, response: {} }
  const target = { url: '/' as string | undefined, method: 'GET', query: {}, headers: {}, app: outer }
  const req = new Proxy(target, {
    setPrototypeOf(_, prototype: { readonly app?: unknown }) {
      app ??= prototype.app
      target.url = undefined
      return true
    },
  })
  const call = handle as (...args: readonly unknown[]) => unknown
  call(req, { locals: {}, setHeader: () => undefined }, () => undefined)
  return app
}

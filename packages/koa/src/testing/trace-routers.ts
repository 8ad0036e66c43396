import type { RequestListener } from 'node:http'
import { isRouter, type KoaApp, type Router } from '../router/koa-app.ts'

export interface FoundRouter {
  readonly router: Router
  /** Where it is mounted. Empty at the root. */
  readonly prefix: string
}

interface Trace {
  /** The app, which records the routers that its requests enter. */
  readonly listener: RequestListener
  readonly found: ReadonlySet<FoundRouter>
  /** The prefixes of koa-mount. */
  readonly prefixes: readonly string[]
}

/** Finds the routers in the middleware of the app. Serves a copy of the app that records further routers. */
export function traceRouters(app: KoaApp): Trace {
  const found = new Set<FoundRouter>()
  const record = (router: unknown, prefix: string): void => {
    if (isRouter(router) && ![...found].some((one) => one.router === router && one.prefix === prefix)) {
      found.add({ router, prefix })
    }
  }
  app.middleware.forEach((middleware) => record((middleware as { router?: unknown }).router, ''))
  const prefixes = app.middleware.map(mountPrefixOf).filter((prefix) => prefix !== undefined)

  // The app itself gets its listener of errors first, because the copy would add it to the same list.
  app.callback()
  const copy = Object.create(app, { context: { value: recordingContext(app.context, record) } }) as KoaApp
  return { listener: copy.callback(), found, prefixes }
}

interface Context {
  readonly path: string
  readonly originalUrl: string
}

/** A router sets `ctx.router` when a request enters it. koa-mount has removed its prefix from `ctx.path` then. */
function recordingContext(context: object, record: (router: unknown, prefix: string) => void): object {
  const routers = new WeakMap<object, unknown>()
  return Object.create(context, {
    router: {
      get(this: Context) {
        return routers.get(this)
      },
      set(this: Context, router: unknown) {
        routers.set(this, router)
        const [whole = ''] = this.originalUrl.split('?')
        const isMounted = whole !== this.path && (whole.endsWith(this.path) || this.path === '/')
        record(router, isMounted ? whole.slice(0, this.path === '/' ? undefined : -this.path.length) : '')
      },
    },
  }) as object
}

/**
 * koa-mount hides its prefix in a closure, and compares it with the path of a request first. This path records the
 * comparison and never matches, so that nothing else runs.
 */
function mountPrefixOf(middleware: unknown): string | undefined {
  if (
    typeof middleware !== 'function' ||
    !Function.prototype.toString.call(middleware).includes('ctx.mountPath = prefix')
  ) {
    return undefined
  }
  let mounted: string | undefined
  const path = {
    indexOf(prefix: string) {
      mounted = prefix
      return -1
    },
  }
  void middleware({ path }, async () => undefined)
  return mounted?.replace(/\/$/, '')
}

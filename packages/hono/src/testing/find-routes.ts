import { type AppRoute, examplePaths } from '@tollgate/core/testing'
import type { Hono } from 'hono'
import { inspectRoutes } from 'hono/dev'
import { type HonoApp, type HonoRoute, withParentheses } from '../router/hono-app.ts'
import { requestOf } from './fetch.ts'

interface Found {
  readonly routes: readonly AppRoute[]
  /** The prefixes of handlers of `app.use`. */
  readonly prefixes: readonly string[]
}

/** Finds the routes of an app. `app.route` has copied the routes of other apps into it. */
export function findRoutes(app: HonoApp): Found {
  // This function of Hono reads the routes only.
  const isMiddleware = inspectRoutes(app as unknown as Hono).map((route) => route.isMiddleware)
  const isRoute = ({ method }: HonoRoute, index: number): boolean => method !== 'ALL' || isMiddleware[index] === false
  return {
    routes: app.routes.filter(isRoute).map((route) => routeOf(app, route)),
    prefixes: app.routes
      .filter((route, index) => !isRoute(route, index))
      .flatMap(({ path }) => samplesOf(path.replace(/\/?\*$/, '')).map((sample) => sample.replace(/\/$/, ''))),
  }
}

function routeOf(app: HonoApp, route: HonoRoute): AppRoute {
  return {
    path: route.path,
    methods: methodsOf(route),
    samples: samplesOf(route.path),
    matches: (url) => isRouted(app, route, url),
  }
}

/** Hono responds to `HEAD` with the handler for `GET`. */
function methodsOf({ method }: HonoRoute): AppRoute['methods'] {
  if (method === 'ALL') {
    return 'all'
  }
  return method === 'GET' ? ['GET', 'HEAD'] : [method]
}

/** The router returns the handlers of a path, each with its route. */
function isRouted({ router, getPath }: HonoApp, route: HonoRoute, url: string): boolean {
  const path = getPath(requestOf(url), { env: {} as never })
  const [handlers] = router.match(route.method === 'ALL' ? 'GET' : route.method, path) as [[[unknown, HonoRoute]][]]
  return handlers.some(([[, matched]]) => matched === route)
}

function samplesOf(path: string): readonly string[] {
  return examplePaths(withParentheses(path))
}

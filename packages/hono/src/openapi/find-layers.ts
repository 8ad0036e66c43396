import { type FindLayers, type Layer, protectionOf, protectionsOf, routesAt } from '@tollgate/core/openapi'
import { findTargetHandler } from 'hono/utils/handler'
import { type HonoApp, type HonoRoute, withParentheses } from '../router/hono-app.ts'

/** Finds the protections that a request to an operation passes, in the order of the app. */
export function createFindLayers(app: HonoApp): FindLayers {
  const responding = app.routes.filter(responds)

  return ({ method, paths }) => {
    const found = routesAt(paths, responding, (route) => withParentheses(route.path)).find(({ route }) =>
      isFor(route, method),
    )
    return found?.sample === undefined ? undefined : layersUpTo(app, found.route, method, found.sample)
  }
}

/** The router returns the handlers of a path, each with its route. */
function layersUpTo(app: HonoApp, route: HonoRoute, method: string, path: string): readonly Layer[] | undefined {
  const [entries] = app.router.match(method === 'HEAD' ? 'GET' : method, path) as [[[unknown, HonoRoute]][]]
  const routes = entries.map(([[, matched]]) => matched)
  // A route with several functions has several entries. Behind the one that responds, a protection protects nothing.
  const last = routes.findLastIndex((one) => one.path === route.path && one.method === route.method && responds(one))
  return last === -1 ? undefined : protectionsOf(routes.slice(0, last + 1).map(handlerOf), { req: { path } })
}

function responds(route: HonoRoute): boolean {
  return protectionOf(handlerOf(route)) === undefined
}

/** `app.route` wraps the handlers of an app with an error handling of its own. */
function handlerOf({ handler }: HonoRoute): unknown {
  return typeof handler === 'function' ? findTargetHandler(handler) : handler
}

/** Hono responds to `HEAD` with the handler for `GET`. `app.all` and `app.use` are for all methods. */
function isFor(route: HonoRoute, method: string): boolean {
  return route.method === 'ALL' || route.method === method || (method === 'HEAD' && route.method === 'GET')
}

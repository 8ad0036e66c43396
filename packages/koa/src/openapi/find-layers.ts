import { type FindLayers, protectionOf, protectionsOf, routesAt } from '@tollgate/core/openapi'
import { isRouter, type KoaApp, type Layer, type Router } from '../router/koa-app.ts'

/** Finds the protections that a request to an operation passes, in the order of the app. */
export function createFindLayers(app: KoaApp): FindLayers {
  const steps = app.middleware.map((middleware) => ({ middleware, router: routerOf(middleware) }))
  const routes = steps.flatMap(({ router }) => (router?.stack ?? []).filter(isRoute))

  return ({ method, paths }) => {
    const [found, ...others] = routesAt(paths, routes, (route) => String(route.path)).filter(({ route }) =>
      route.methods.includes(method),
    )
    if (found?.sample === undefined) {
      return undefined
    }
    const { route, sample: path } = found
    const isLast = others.length === 0
    const before = steps.slice(0, steps.findIndex(({ router }) => router?.stack.includes(route)) + 1)
    const called = before.flatMap(({ middleware, router }) =>
      router === undefined ? [middleware] : calledBy(router, route, { method, path, isLast }),
    )
    return protectionsOf(called, { path })
  }
}

/** `router.routes()` names its router. */
function routerOf(middleware: unknown): Router | undefined {
  const { router } = middleware as { readonly router?: unknown }
  return isRouter(router) ? router : undefined
}

/** A route with an expression has no path that a document could have. */
function isRoute({ path, methods, stack = [] }: Layer): boolean {
  // A route of `protect(…)` alone is a middleware for some paths.
  const responds = stack.some(isForeign)
  return typeof path === 'string' && methods.length > 0 && responds
}

/** The functions that a router calls for a request, up to the route. It calls none when no route of it matches. */
function calledBy(
  { stack }: Router,
  target: Layer,
  { method, path, isLast }: { readonly method: string; readonly path: string; readonly isLast: boolean },
): readonly unknown[] {
  const matching = stack.filter(
    ({ methods, regexp }) => regexp?.test(path) === true && (methods.length === 0 || methods.includes(method)),
  )
  const isRouted = matching.some(({ methods }) => methods.length > 0)
  const end = matching.includes(target) ? matching.indexOf(target) + 1 : matching.length
  const called = matching.slice(0, end).flatMap((layer) => layer.stack ?? [])
  // Behind the function that responds, a protection protects nothing.
  const responding = matching.includes(target) && isLast ? called.findLastIndex(isForeign) : called.length
  return isRouted ? called.slice(0, responding + 1) : []
}

function isForeign(middleware: unknown): boolean {
  return protectionOf(middleware) === undefined
}

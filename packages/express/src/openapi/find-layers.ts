import {
  examplePaths,
  type FindLayers,
  joinPaths,
  type Layer as Protection,
  pathTemplates,
  protectionOf,
  protectionsOf,
  routesAt,
} from '@tollgate/core/openapi'
import { type App, appBehind, type Layer, restAfter, type Route, routerBehind, routerOf } from '../router/layers.ts'
import { mountPaths } from '../router/mount-paths.ts'

/** A route, with a path that the router gives to it. */
interface FoundRoute {
  readonly layer: Layer
  readonly templates: readonly string[]
  readonly sample: string
  readonly methods: Readonly<Record<string, boolean>>
}

/** Finds the protections that a request to an operation passes, in the order of the app. */
export function createFindLayers(app: App): FindLayers {
  const routes = routesIn(routerOf(app)?.stack ?? [], '', [])

  return ({ method, paths }) => {
    const route = routesAt(paths, routes, ({ templates }) => templates).find(({ methods }) => isFor(methods, method))
    return route && (walk(app, routerOf(app)?.stack ?? [], route.sample, { route, method }) ?? undefined)?.protections
  }
}

function routesIn(stack: readonly Layer[], prefix: string, around: readonly Layer[]): readonly FoundRoute[] {
  return stack.flatMap((layer) => {
    if (layer.route !== undefined) {
      return routesOf(layer, layer.route, prefix)
    }
    const router = around.includes(layer) ? undefined : routerBehind(layer)
    return router === undefined
      ? []
      : mountPaths(layer)
          .filter((path) => typeof path === 'string')
          .flatMap((path) => routesIn(router.stack, joinPaths(prefix, path).replace(/\/$/, ''), [...around, layer]))
  })
}

function routesOf(layer: Layer, { path, methods, stack }: Route, prefix: string): readonly FoundRoute[] {
  // A route of `protect(…)` alone is a middleware for some paths.
  const responds = stack.some(({ handle }) => protectionOf(handle) === undefined)
  const written = ([path].flat(Infinity) as unknown[]).filter((one) => typeof one === 'string')
  return (responds ? written : []).flatMap((one) => {
    const name = joinPaths(prefix, one)
    const samples = examplePaths(name)
    return samples.slice(0, 1).map((sample) => ({ layer, templates: pathTemplates(name), sample, methods }))
  })
}

/** Express responds to `HEAD` with the handler for `GET`. */
function isFor(methods: Route['methods'], method: string): boolean {
  const name = method.toLowerCase()
  return methods['_all'] === true || methods[name] === true || (name === 'head' && methods['get'] === true)
}

interface Walk {
  readonly protections: readonly Protection[]
  readonly isAtRoute: boolean
}

/** Passes the layers of a stack as a request does, up to the route. */
function walk(
  app: App,
  stack: readonly Layer[],
  path: string,
  target: { readonly route: FoundRoute; readonly method: string },
): Walk {
  const protections: Protection[] = []
  for (const layer of stack) {
    const rest = restAfter(layer, path)
    if (rest === undefined || (layer.route !== undefined && !isFor(layer.route.methods, target.method))) {
      continue
    }
    protections.push(...protectionsIn(layer, { url: layer.route === undefined ? rest : path, app }, target.method))
    if (layer === target.route.layer) {
      return { protections, isAtRoute: true }
    }
    const inner = layer.route === undefined ? routerBehind(layer) : undefined
    const found = inner && walk(appBehind(layer) ?? app, inner.stack, rest, target)
    protections.push(...(found?.protections ?? []))
    if (found?.isAtRoute === true) {
      return { protections, isAtRoute: true }
    }
  }
  return { protections, isAtRoute: false }
}

function protectionsIn({ handle, route }: Layer, request: object, method: string): readonly Protection[] {
  const isCalled = (one: Route['stack'][number]): boolean =>
    one.method === undefined || isFor({ [one.method]: true }, method)
  const handles = route === undefined ? [handle] : route.stack.filter(isCalled).map((one) => one.handle)
  return protectionsOf(handles, request)
}

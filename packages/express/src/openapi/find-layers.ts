import {
  type FindLayers,
  joinPaths,
  type Layer as Protection,
  protectionOf,
  protectionsOf,
  routesAt,
} from '@tollgate/core/openapi'
import { type App, appBehind, type Layer, restAfter, type Route, routerBehind, routerOf } from '../router/layers.ts'
import { mountPaths } from '../router/mount-paths.ts'

/** A route, with a path that the router gives to it. */
interface FoundRoute {
  readonly layer: Layer
  readonly path: string
  readonly methods: Readonly<Record<string, boolean>>
}

/** Finds the protections that a request to an operation passes, in the order of the app. */
export function createFindLayers(app: App): FindLayers {
  const routes = routesIn(routerOf(app)?.stack ?? [], '', [])

  return ({ method, paths }) => {
    const [found, ...others] = routesAt(paths, routes, ({ path }) => path).filter(({ route }) =>
      isFor(route.methods, method),
    )
    if (found?.sample === undefined) {
      return undefined
    }
    const { layer } = found.route
    const isLast = others.every(({ route }) => route.layer === layer)
    return walk(app, routerOf(app)?.stack ?? [], found.sample, { layer, method, isLast }).protections
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
  const responds = stack.some(({ handle }) => isForeign(handle))
  const written = ([path].flat(Infinity) as unknown[]).filter((one) => typeof one === 'string')
  return (responds ? written : []).map((one) => {
    const name = joinPaths(prefix, one)
    return { layer, path: name, methods }
  })
}

/** Express responds to `HEAD` with the handler for `GET`. */
function isFor(methods: Route['methods'], method: string): boolean {
  const name = method.toLowerCase()
  return methods['_all'] === true || methods[name] === true || (name === 'head' && methods['get'] === true)
}

interface Target {
  readonly layer: Layer
  readonly method: string
  /** Whether no other route of the path follows. Then the last function of the route responds. */
  readonly isLast: boolean
}

interface Walk {
  readonly protections: readonly Protection[]
  readonly isAtRoute: boolean
}

/** Passes the layers of a stack as a request does, up to the route. */
function walk(app: App, stack: readonly Layer[], path: string, target: Target): Walk {
  const protections: Protection[] = []
  for (const layer of stack) {
    const rest = restAfter(layer, path)
    if (rest === undefined || (layer.route !== undefined && !isFor(layer.route.methods, target.method))) {
      continue
    }
    protections.push(...protectionsIn(layer, { url: layer.route === undefined ? rest : path, app }, target))
    if (layer === target.layer) {
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

function protectionsIn(layer: Layer, request: object, { layer: last, method, isLast }: Target): readonly Protection[] {
  const { handle, route } = layer
  const isCalled = (one: Route['stack'][number]): boolean =>
    one.method === undefined || isFor({ [one.method]: true }, method)
  const handles = route === undefined ? [handle] : route.stack.filter(isCalled).map((one) => one.handle)
  // Behind the function that responds, a protection protects nothing.
  const called = layer === last && isLast ? handles.slice(0, handles.findLastIndex(isForeign) + 1) : handles
  return protectionsOf(called, request)
}

function isForeign(handle: unknown): boolean {
  return protectionOf(handle) === undefined
}

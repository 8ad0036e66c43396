import { type AppRoute, examplePaths, isForAllMethods, joinPaths } from '@tollgate/core/testing'
import { type Layer, restAfter, type Route, routerBehind, type RoutePath } from '../router/layers.ts'
import { mountPaths } from '../router/mount-paths.ts'

interface Found {
  readonly routes: readonly AppRoute[]
  /** The prefixes of handlers of `app.use`. */
  readonly prefixes: readonly string[]
}

/** Where a router is: the prefix as the app wrote it, and the layers that a request passes before it. */
interface Place {
  readonly prefix: string
  readonly layers: readonly Layer[]
}

/** Finds the routes of a stack, and of the routers and apps that are mounted in it. */
export function findRoutes(stack: readonly Layer[], place: Place = { prefix: '', layers: [] }): Found {
  const found = stack.map((layer) => {
    // A router can be mounted in itself.
    if (place.layers.includes(layer)) {
      return { routes: [], prefixes: [] }
    }
    return layer.route === undefined
      ? findBehind(layer, place)
      : { routes: routesOf(layer, layer.route, place), prefixes: [] }
  })
  return { routes: found.flatMap(({ routes }) => routes), prefixes: found.flatMap(({ prefixes }) => prefixes) }
}

function findBehind(layer: Layer, place: Place): Found {
  const router = routerBehind(layer)
  const prefixes = mountPaths(layer).map((path) => joinPaths(place.prefix, textOf(path)).replace(/\/$/, ''))
  if (router === undefined) {
    return {
      routes: [],
      prefixes: prefixes.flatMap((prefix) => examplePaths(prefix)).map((path) => path.replace(/\/$/, '')),
    }
  }
  const layers = [...place.layers, layer]
  const found = prefixes.map((prefix) => findRoutes(router.stack, { prefix, layers }))
  return { routes: found.flatMap(({ routes }) => routes), prefixes: found.flatMap((each) => each.prefixes) }
}

function routesOf(layer: Layer, route: Route, { prefix, layers }: Place): readonly AppRoute[] {
  const chain = [...layers, layer]
  return [route.path].flat(Infinity).flatMap((path) => {
    const name = joinPaths(prefix, textOf(path as RoutePath))
    const isWritten = typeof path === 'string' && !prefix.includes('/^')
    const rest = {
      path: name,
      samples: isWritten ? examplePaths(name) : [],
      matches: (url: string) => isRouted(url, chain),
    }
    return methodsOf(route).map((methods) => ({ ...rest, methods }))
  })
}

/**
 * The methods with a handler of their own, and `'all'` for `route.all`. `app.all` adds a handler to each method that Node
 * knows. Express responds to `HEAD` with the handler for `GET`.
 */
function methodsOf({ methods }: Route): readonly (readonly string[] | 'all')[] {
  const own = Object.keys(methods).filter((method) => method !== '_all')
  if (isForAllMethods(own)) {
    return ['all']
  }
  const written = own.includes('get') && !own.includes('head') ? [...own, 'head'] : own
  return [
    ...(written.length > 0 ? [written.map((method) => method.toUpperCase())] : []),
    ...(methods['_all'] === true ? ['all' as const] : []),
  ]
}

/** Whether each layer matches the path that the layers before it leave. */
function isRouted(url: string, layers: readonly Layer[]): boolean {
  let path: string | undefined = url
  for (const layer of layers) {
    path = path === undefined ? undefined : restAfter(layer, path)
  }
  return path !== undefined
}

function textOf(path: RoutePath): string {
  return String(path)
}

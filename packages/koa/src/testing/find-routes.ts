import {
  type AppRoute,
  examplePaths,
  isForAllMethods,
  joinPaths,
  type Send,
  type TestOptions,
} from '@tollgate/core/testing'
import type { Layer, Router } from '../router/koa-app.ts'
import type { FoundRouter } from './trace-routers.ts'

interface Source {
  readonly send: Send
  /** Grows with the requests. */
  readonly found: ReadonlySet<FoundRouter>
  readonly prefixes: readonly string[]
}

/** Sends requests without a token, until the hidden routers are found. Returns the routes of all routers. */
export async function findRoutes(
  { send, found, prefixes }: Source,
  options: TestOptions,
): Promise<readonly AppRoute[]> {
  const unknown = ['', ...prefixes].flatMap((prefix) => [`${prefix}/tollgate-unknown/path`, prefix || '/'])
  const named = options.except.map((name) => name.replace(/^[A-Z]+ /, ''))
  const paths = new Set([...unknown, ...named.flatMap(examplePaths), ...[...options.examples.values()].flat()])
  for (const path of [...paths].filter((one) => one.startsWith('/') && !one.includes(' '))) {
    await send({ method: 'GET', path, headers: {} })
    await send({ method: 'POST', path, headers: {} })
  }
  return [...found].flatMap(({ router, prefix }) =>
    router.stack.filter(({ methods }) => methods.length > 0).map((layer) => routeOf(layer, router, prefix)),
  )
}

function routeOf({ path, methods, regexp }: Layer, { host }: Router, prefix: string): AppRoute {
  const hosts = [host ?? []].flat()
  const name = joinPaths(prefix, String(path))
  const isHostKnown = hosts.length === 0 || typeof hosts[0] === 'string'
  return {
    path: name,
    methods: isForAllMethods(methods) ? 'all' : methods,
    samples: typeof path === 'string' && isHostKnown ? examplePaths(name) : [],
    matches: (url) => isHostKnown && url.startsWith(prefix) && regexp?.test(url.slice(prefix.length) || '/') === true,
    ...(typeof hosts[0] === 'string' ? { headers: { host: hosts[0] } } : {}),
  }
}

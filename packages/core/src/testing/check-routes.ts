import { randomUUID } from 'node:crypto'
import { failIfOpen, type Finding } from './findings.ts'
import { type IsTrusting, withMadeUpIssuer } from './made-up-token.ts'
import { anyMethod, type Send, type Sent, withHeaders } from './send.ts'
import type { TestOptions } from './test-options.ts'
import { isFallThrough, preflight, type Verdict, verdictOf, verdictOfRest } from './verdict.ts'

/** A route of an app. */
export interface AppRoute {
  /** The path as the app wrote it, with its prefixes. A regular expression as its text. */
  readonly path: string
  /** In upper case. `'all'` for a handler of all methods, which may also call `next`. */
  readonly methods: readonly string[] | 'all'
  /** Paths to request. None when there is no way to find one. */
  readonly samples: readonly string[]
  /** Whether the router gives a path to this route. */
  readonly matches: (path: string) => boolean
  /** What the router demands besides the path, such as a host. */
  readonly headers?: Readonly<Record<string, string>>
}

/** An app and its routes. */
export interface CheckedApp {
  readonly routes: readonly AppRoute[]
  /** The prefixes of handlers without a route. The root of the app is always checked. */
  readonly prefixes?: readonly string[]
  readonly send: Send
}

/**
 * Requests every route without credentials. Throws an `AssertionError` that lists every route that does not refuse, and
 * every stale exception. Resolves with the routes that need a token, as `'GET /orders'`.
 */
export async function checkRoutes(app: CheckedApp, options: TestOptions): Promise<readonly string[]> {
  const send = withHeaders(app.send, options)
  return withMadeUpIssuer(send, async (isTrusting) => checkAll({ ...app, send, isTrusting }, options))
}

interface Check extends CheckedApp {
  readonly isTrusting: IsTrusting
}

async function checkAll(app: Check, options: TestOptions): Promise<readonly string[]> {
  const findings = new Map<string, Finding>()
  for (const route of app.routes) {
    for (const method of route.methods === 'all' ? anyMethod : route.methods) {
      // The first of several routes gets the requests. A route that no request is sure to find is another one.
      const key = JSON.stringify([method, route.path, route.headers, pathsOf(route, options).length > 0])
      findings.set(key, findings.get(key) ?? (await check(app, route, method, options)))
    }
  }
  for (const prefix of new Set(['', ...(app.prefixes ?? [])])) {
    findings.set(prefix, await checkRest(app, prefix, options))
  }
  return failIfOpen([...findings.values()], app.routes, options)
}

async function check(app: Check, route: AppRoute, method: string, options: TestOptions): Promise<Finding> {
  const { path, headers = {} } = route
  const name = `${method} ${path}`
  const paths = pathsOf(route, options)
  if (paths.length === 0) {
    return { name, method, path, verdict: { kind: 'unknown' } }
  }
  const kinds = method === 'OPTIONS' ? [headers, { ...headers, ...preflight }] : [headers]
  const requests = paths.flatMap((one) => kinds.map((kind) => ({ method, path: one, headers: kind })))
  let verdict: Verdict = { kind: 'neutral' }
  for (const sent of requests) {
    verdict = worse(verdict, await verdictFor(app, route, sent))
  }
  return verdict.kind === 'refused'
    ? { name, method, path, verdict: await verdictOfSpellings(app, route, requests, options) }
    : { name, method, path, verdict }
}

function pathsOf({ path, samples, matches }: AppRoute, { examples }: TestOptions): readonly string[] {
  return (examples.get(path) ?? samples).filter(matches)
}

async function verdictFor({ send }: CheckedApp, route: AppRoute, sent: Sent): Promise<Verdict> {
  const received = await send(sent)
  const verdict = verdictOf(sent, received)
  if (verdict.kind === 'open' && route.methods === 'all') {
    const path = unknownPath('')
    return isFallThrough(sent, received, path, await send({ ...sent, path })) ? { kind: 'neutral' } : verdict
  }
  return verdict
}

/** Other spellings of a path, as far as the router gives them to the same route. The protection must see them too. */
async function verdictOfSpellings(
  app: Check,
  route: AppRoute,
  requests: readonly Sent[],
  { except }: TestOptions,
): Promise<Verdict> {
  for (const sent of requests) {
    const variants = variantsOf(sent.path).filter((path) => path !== sent.path && route.matches(path))
    const disguises = disguisesOf(sent.path, route, app.routes, except)
    for (const path of [...variants, ...disguises]) {
      const received = await app.send({ ...sent, path })
      const verdict = verdictOf({ ...sent, path }, received)
      // Code in front of the protection may validate the query.
      const isInvalid = disguises.includes(path) && [400, 422].includes(received?.status ?? 0)
      if (verdict.kind === 'open' && !isInvalid) {
        return { kind: 'open', because: `${verdict.because} when the path is spelt ${path}` }
      }
    }
    if (await app.isTrusting(sent)) {
      return { kind: 'trusting' }
    }
  }
  return { kind: 'refused' }
}

/**
 * URLs that a condition of the app may take for public ones. They contain the path of a public route, because of
 * `req.url.includes('/health')`. They end as the path of a static file. They have a word in the place of a number.
 */
function disguisesOf(
  path: string,
  route: AppRoute,
  routes: readonly AppRoute[],
  except: readonly string[],
): readonly string[] {
  const names = new Set(except.map((name) => name.replace(/^[A-Z]+ /, '')))
  const publicRoutes = routes.filter((one) => one !== route && names.has(one.path))
  const publicPaths = publicRoutes.flatMap(({ samples }) => samples).filter((one) => one !== '/' && one !== path)
  const isOfRoute = (url: string): boolean => route.matches(url) && !publicRoutes.some((one) => one.matches(url))
  const parent = path.replace(/\/[^/]*$/, '')
  const word = path.replaceAll(/(?<=\/)1(?=\/|$)/g, 'word')
  return [
    ...publicPaths.flatMap((one) => [`${path}?${one}`, ...[`${parent}${one}`].filter(isOfRoute)]),
    ...fileTypes.flatMap((type) => [`${path}?file${type}`, ...[path + type].filter(isOfRoute)]),
    ...[word].filter((one) => one !== path && isOfRoute(one)),
  ]
}

const fileTypes = ['.css', '.js', '.png']

function variantsOf(path: string): readonly string[] {
  const encoded = path.replace(/[a-z]/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
  return [path.toUpperCase(), path.toLowerCase(), `${path}/`, `/${path}`, encoded]
}

/**
 * Requests paths below a prefix that no route has. A file that is served there often has the name of an index. The
 * handler may respond to other paths only, so the examples count too.
 */
async function checkRest({ routes, send }: CheckedApp, prefix: string, { examples }: TestOptions): Promise<Finding> {
  const isWithoutRoute = ({ path }: Sent): boolean => !routes.some((route) => route.matches(path))
  const unknown = unknownPath(prefix)
  const requests: readonly Sent[] = [
    { method: 'GET', path: unknown, headers: {} },
    { method: 'POST', path: unknown, headers: {} },
    { method: 'OPTIONS', path: unknown, headers: preflight },
    { method: 'GET', path: prefix || '/', headers: {} },
    { method: 'GET', path: `${prefix}/index.html`, headers: {} },
  ]
  const path = `${prefix}/*`
  const written = (examples.get(path) ?? []).map((one) => ({ method: 'GET', path: one, headers: {} }))
  const posted = written.map((sent) => ({ ...sent, method: 'POST' }))
  let verdict: Verdict = { kind: 'neutral' }
  for (const sent of [...requests.filter(isWithoutRoute), ...written, ...posted]) {
    const answer = await send(sent)
    const next = written.includes(sent) ? verdictOf(sent, answer) : verdictOfRest(sent, answer)
    verdict = worse(
      verdict,
      next.kind === 'open' ? { ...next, because: `${next.because} to ${sent.method} ${sent.path}` } : next,
    )
  }
  return { name: path, method: undefined, path, verdict }
}

/** No parameter for one segment matches it. */
function unknownPath(prefix: string): string {
  return `${prefix}/tollgate-${randomUUID()}/unknown`
}

function worse(one: Verdict, other: Verdict): Verdict {
  const rank = { neutral: 0, refused: 1, trusting: 2, open: 3 }
  return rank[other.kind] > rank[one.kind] ? other : one
}

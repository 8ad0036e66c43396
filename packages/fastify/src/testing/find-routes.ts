import { type AppRoute, examplePaths } from '@tollgate/core/testing'
import type { Constraints, FastifyApp } from './inject.ts'

/** A line of `app.printRoutes()`. */
interface Line {
  readonly path: string
  readonly methods: readonly string[]
  /** A JSON object. */
  readonly constraints: string | undefined
}

/** The routes of all scopes. `app.printRoutes()` is the only public list of them. */
export function findRoutes(app: FastifyApp): readonly AppRoute[] {
  return linesOf(app.printRoutes()).map((line) => {
    const constraints = constraintsOf(line.constraints)
    const path = nameOf(app, line, constraints ?? {})
    const matches = constraints === undefined ? () => false : matcherOf(path, app.initialConfig)
    const { host, version } = constraints ?? {}
    const headers = { ...(host && { host }), ...(version && { 'accept-version': version }) }
    return { path, methods: line.methods, matches, samples: examplePaths(escaped(path)), headers }
  })
}

/** Each line has four characters for each level of the tree, and the next part of the path. */
function linesOf(tree: string): readonly Line[] {
  const parts: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', branch, text = ''] = /^((?:│ {3}| {4})*)(├── |└── )?(.*)$/.exec(line) ?? []
    const [, leafPart, methods, constraints] = /^(.*) \(([A-Z, -]+)\)(?: (\{.*\}))?$/.exec(text) ?? []
    const part = (leafPart ?? text).replace('(empty root node)', '')
    if (branch !== undefined) {
      parts.splice(indent.length / 4, Infinity, part)
    }
    // Without a branch, it is the last route again, with other constraints.
    return methods === undefined ? [] : [{ path: parts.join(''), methods: methods.split(', '), constraints }]
  })
}

/**
 * The path as the app wrote it. In the tree, routes share a parameter under several names (`:id|:orderId`), and a colon
 * is not doubled. The router knows the names of a path that it finds.
 */
function nameOf(app: FastifyApp, { path, methods: [method = 'GET'] }: Line, constraints: Constraints): string {
  const names = path.split(/(:\w[^/]*\|:[^/]*)/).reduce<readonly string[]>(
    (starts, part, index) => {
      const choices = index % 2 === 1 ? part.split('|') : [part]
      return starts.flatMap((start) => choices.map((choice) => start + choice)).slice(0, 64)
    },
    [''],
  )
  const isWritten = (name: string): boolean => {
    const [url = ''] = examplePaths(escaped(name))
    const found = app.findRoute({ method, url, constraints })
    return found !== null && Object.keys(found.params).join() === parametersOf(name).join()
  }
  return [...names, path.replaceAll(':', '::')].find(isWritten) ?? names[0] ?? path
}

function parametersOf(name: string): readonly string[] {
  return (name.match(parts) ?? [])
    .filter((part) => part === '*' || (part.length > 1 && part !== '::'))
    .map((part) => part.replace(/^:(\w+).*$/, '$1'))
}

/** The host and the version of a route. `undefined` for a constraint that no request is sure to meet. */
function constraintsOf(text = '{}'): Constraints | undefined {
  const entries = Object.entries(JSON.parse(text) as Readonly<Record<string, unknown>>)
  // A regular expression is printed with its slashes.
  const isMet = ([name, value]: readonly [string, unknown]): boolean =>
    ['host', 'version'].includes(name) && typeof value === 'string' && !value.startsWith('/')
  return entries.every(isMet) ? (Object.fromEntries(entries) as Constraints) : undefined
}

/** Matches as the router of Fastify does, by its settings. */
function matcherOf(route: string, config: object): (path: string) => boolean {
  const { routerOptions = {}, ...own } = config as { readonly routerOptions?: object }
  const settings = { ...own, ...routerOptions } as Readonly<Record<string, unknown>>
  const expression = new RegExp(`^${patternOf(route)}$`, settings['caseSensitive'] === false ? 'i' : '')

  return (path) => {
    const single = settings['ignoreDuplicateSlashes'] === true ? path.replaceAll(/\/{2,}/g, '/') : path
    const trimmed = settings['ignoreTrailingSlash'] === true ? single.replace(/(?<=.)\/$/, '') : single
    return expression.test(decodeURIComponent(trimmed))
  }
}

const parts = /::|:\w+(?:\((?:[^()\\]|\\.|\([^()]*\))*\))?|\*|[^:*]/g

function patternOf(route: string): string {
  return route.replaceAll(parts, (part) => {
    if (part === '*') {
      return '.*'
    }
    const isParameter = part.length > 1 && part !== '::'
    return isParameter ? '[^/]+?' : (part === '::' ? ':' : part).replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
  })
}

/** Parentheses and braces are characters like others in Fastify, except in a parameter. */
function escaped(route: string): string {
  return route.replaceAll(parts, (part) => (/^[(){}]$/.test(part) ? `\\${part}` : part))
}

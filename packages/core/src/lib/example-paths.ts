/**
 * Example paths for the path of a route, in the syntax of Express 4 and 5, Koa's routers, and Fastify: parameters and
 * wildcards get values. With optional parts there are two examples, one with these parts and one without. There is none
 * when no value fits the regular expression of a parameter. Does not check that the framework routes the examples.
 */
export function examplePaths(path: string): readonly string[] {
  const examples = [fill(path, 'present'), fill(path, 'absent')]
  return [...new Set(examples.filter((example) => example !== undefined))]
}

/**
 * The path of a route with `{}` for each parameter and wildcard, with and without its optional parts. A path of OpenAPI
 * gives the same when its parameters are written as `{}`.
 */
export function pathTemplates(path: string): readonly string[] {
  const templates = [fill(path, 'present', () => '{}'), fill(path, 'absent', () => '{}')]
  return [...new Set(templates.filter((template) => template !== undefined))]
}

/** The example path with the optional parts of this template of the path. `undefined` when no value fits. */
export function exampleOf(path: string, template: string): string | undefined {
  return fill(path, fill(path, 'present', () => '{}') === template ? 'present' : 'absent')
}

/** The path of a route below a prefix. The path `/` of a mounted router is the prefix itself. */
export function joinPaths(prefix: string, path: string): string {
  const start = prefix.replace(/\/$/, '')
  return path === '/' ? start || '/' : start + (path.startsWith('/') ? path : `/${path}`)
}

/** The values that are tried for a parameter with a regular expression. */
const values =
  '1 a 12 ab 123 abc 1234 12345 en en-US 2026-01-01 json true A1B2 00000000-0000-4000-8000-000000000000 507f1f77bcf86cd799439011'.split(
    ' ',
  )

const group = String.raw`\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)`
const part = new RegExp(
  String.raw`\\(.)|(::)|(\/?)(?::(?:\w+|"[^"]*")(${group})?|(${group}))([?*+]?)|\*(?:\w+|"[^"]*")?`,
  'g',
)

function fill(path: string, optional: 'present' | 'absent', valueOf = valueFor): string | undefined {
  let isFilled = true
  const literals: string[] = []
  // A literal may contain a brace, so it is replaced last.
  const literal = (text: string): string => `\0${literals.push(text) - 1}\0`

  const filled = path.replaceAll(
    part,
    (_, escaped?: string, colons?: string, slash = '', pattern?: string, unnamed?: string, modifier = '') => {
      if (escaped !== undefined || colons !== undefined) {
        return literal(escaped ?? ':')
      }
      if (optional === 'absent' && (modifier === '?' || modifier === '*')) {
        return ''
      }
      const value = valueOf(pattern ?? unnamed)
      isFilled &&= value !== undefined
      return slash + literal(value ?? '')
    },
  )
  const whole = withoutGroups(filled, optional).replaceAll(
    /\0(\d+)\0/g,
    (_, index: string) => literals[Number(index)] ?? '',
  )
  return isFilled ? whole || '/' : undefined
}

/** Optional parts of path-to-regexp 6 and 8: `/users{/:id}`. */
function withoutGroups(path: string, optional: 'present' | 'absent'): string {
  const next = path.replaceAll(/\{([^{}]*)\}[?*+]?/g, (_, inner: string) => (optional === 'present' ? inner : ''))
  return next === path ? path : withoutGroups(next, optional)
}

function valueFor(pattern: string | undefined): string | undefined {
  if (pattern === undefined) {
    return '1'
  }
  const inner = pattern.slice(1, -1).replaceAll(/^\?:|^\^|\$$/g, '')
  const expression = new RegExp(`^(?:${inner})$`)
  return [...values, ...inner.split('|')].find((value) => expression.test(value))
}

import { expectOptions, expectTexts, invalidOption } from '../lib/invalid-option.ts'

/** The options of `expectProtected`. */
export interface ExpectProtectedOptions {
  /**
   * The routes that are public on purpose: a path as the app wrote it, with its prefixes, or `'METHOD /path'`. `'/path/*'`
   * stands for a handler without a route below a prefix. An exception that names no route, or a protected one, fails.
   * Default: none.
   */
  readonly except?: readonly string[] | undefined
  /**
   * Paths to request, by the path of the route: `{ '/orders/:id': '/orders/17' }`. A regular expression needs one.
   * Default: made-up values for the parameters.
   */
  readonly examples?: Readonly<Record<string, string | readonly string[]>> | undefined
}

/** The checked options. */
export interface TestOptions {
  readonly except: readonly string[]
  readonly examples: ReadonlyMap<string, readonly string[]>
}

/** Throws a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid options. */
export function expectTestOptions(options: ExpectProtectedOptions = {}): TestOptions {
  const { except = [], examples = {} } = expectOptions(options, 'the options of expectProtected', [
    'except',
    'examples',
  ])
  if (!Array.isArray(except)) {
    throw invalidOption("Expected `except` to be an array of paths, such as ['/health', 'GET /about']")
  }
  if (typeof examples !== 'object' || examples === null || Array.isArray(examples)) {
    throw invalidOption("Expected `examples` to be an object of paths, such as { '/orders/:id': '/orders/17' }")
  }
  const names = except.length === 0 ? [] : expectTexts(except, 'except')
  const paths = Object.entries(examples).map(([route, path]) => [route, expectPaths(path, route)] as const)
  return Object.freeze({ except: names, examples: new Map(paths) })
}

function expectPaths(value: unknown, route: string): readonly string[] {
  const paths = expectTexts(value, `examples['${route}']`)
  if (!paths.every((path) => path.startsWith('/'))) {
    throw invalidOption(`Expected each example of \`${route}\` to be a path that starts with a slash`)
  }
  return paths
}

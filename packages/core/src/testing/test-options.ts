import { expectOptions, expectText, expectTexts, invalidOption } from '../lib/invalid-option.ts'

/** The options of `expectProtected`. */
export interface ExpectProtectedOptions {
  /**
   * The routes that are public on purpose: a path as the app wrote it, with its prefixes, or `'METHOD /path'`. `'/path/*'`
   * stands for a handler without a route below a prefix. An exception that names no route, or a protected one, fails.
   * Default: none.
   */
  readonly except?: readonly string[] | undefined
  /**
   * Paths to request, by the path of the route: `{ '/orders/:id': '/orders/17' }`. A regular expression needs one. A
   * handler without a route that responds to some paths only needs one too: `{ '/files/*': '/files/report.pdf' }`.
   * Default: made-up values for the parameters.
   */
  readonly examples?: Readonly<Record<string, string | readonly string[]>> | undefined
  /**
   * Headers of every request, such as the version that a router demands: `{ 'accept-version': '2' }`. Call
   * `expectProtected` once for each version. Default: none.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The checked options. */
export interface TestOptions {
  readonly except: readonly string[]
  readonly examples: ReadonlyMap<string, readonly string[]>
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Throws a `TypeError` with `code: 'ERR_INVALID_OPTION'` for invalid options. */
export function expectTestOptions(options: ExpectProtectedOptions = {}): TestOptions {
  const names = ['except', 'examples', 'headers']
  const { except = [], examples = {}, headers = {} } = expectOptions(options, 'the options of expectProtected', names)
  if (!Array.isArray(except)) {
    throw invalidOption("Expected `except` to be an array of paths, such as ['/health', 'GET /about']")
  }
  if (typeof examples !== 'object' || examples === null || Array.isArray(examples)) {
    throw invalidOption("Expected `examples` to be an object of paths, such as { '/orders/:id': '/orders/17' }")
  }
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
    throw invalidOption("Expected `headers` to be an object of texts, such as { 'accept-version': '2' }")
  }
  const paths = Object.entries(examples).map(([route, path]) => [route, expectPaths(path, route)] as const)
  const lines = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), expectText(value, name)] as const)
  return Object.freeze({
    except: except.length === 0 ? [] : expectTexts(except, 'except'),
    examples: new Map(paths),
    headers: Object.fromEntries(lines),
  })
}

function expectPaths(value: unknown, route: string): readonly string[] {
  const paths = expectTexts(value, `examples['${route}']`)
  if (!paths.every((path) => path.startsWith('/'))) {
    throw invalidOption(`Expected each example of \`${route}\` to be a path that starts with a slash`)
  }
  return paths
}

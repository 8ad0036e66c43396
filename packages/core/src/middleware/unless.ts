import { describe, expectFunction, invalidOption } from '../lib/invalid-option.ts'

/** A path that needs no token, exactly as a route names it, or a function that returns whether a request needs none. */
export type Exemption<Request> = string | ((request: Request) => boolean)

/**
 * Checks the paths of `protect.unless`, and returns whether a request needs no token. `isAt` compares a path as the
 * router of the framework does. A function must return a boolean: its errors and other results are failures (500).
 */
export function createIsExempt<Request>(
  given: Exemption<Request> | readonly Exemption<Request>[],
  isAt: (request: Request, path: string) => boolean,
): (request: Request) => boolean {
  const exemptions: readonly Exemption<Request>[] = Array.isArray(given) ? given : [given as Exemption<Request>]
  if (exemptions.length === 0) {
    throw invalidOption('Expected protect.unless(…) to name at least one path; without one, use protect()')
  }
  for (const exemption of exemptions) {
    expectExemption(exemption)
  }
  return (request) =>
    exemptions.some((exemption) =>
      typeof exemption === 'string' ? isAt(request, exemption) : expectBoolean(exemption(request)),
    )
}

/** Whether one of the paths exempts a request, for documents. Functions of the application do not count. */
export function createIsNamed(
  given: unknown,
  isAt: (request: never, path: string) => boolean,
): (request: object) => boolean {
  const exemptions: readonly unknown[] = [given].flat()
  const paths = exemptions.filter((path) => typeof path === 'string')
  return (request) => paths.some((path) => isAt(request as never, path))
}

/** A pattern would match nothing, or more than the developer means. */
function expectExemption(exemption: unknown): void {
  if (typeof exemption !== 'string') {
    if (exemption instanceof RegExp) {
      throw invalidOption('Expected protect.unless(…) to get exact paths or a function, got an expression')
    }
    expectFunction(exemption, 'a path of protect.unless(…)')
    return
  }
  if (!/^\/[\x21-\x7E]*$/.test(exemption) || /[?#*()]/.test(exemption)) {
    throw invalidOption(
      "Expected each path of protect.unless(…) to be exact, such as '/health': it begins with a slash, and has no query and no pattern. Use a function for more: protect.unless((request) => …)",
    )
  }
}

function expectBoolean(result: unknown): boolean {
  if (typeof result !== 'boolean') {
    throw new TypeError(`Expected the function of protect.unless(…) to return true or false, got ${describe(result)}`)
  }
  return result
}

/** Whether two paths are the same for a router that may ignore case and a trailing slash. Other differences count. */
export function isSamePath(
  path: string,
  expected: string,
  router: { readonly case: 'counts' | 'ignored'; readonly trailingSlash: 'counts' | 'ignored' },
): boolean {
  const normal = (text: string): string => {
    // Not of `//`, which no path names, and which some routers distinguish from `/`.
    const trimmed = router.trailingSlash === 'ignored' && text.length > 2 ? text.replace(/\/$/, '') : text
    // Only the letters of ASCII, because other letters can have several lower cases.
    return router.case === 'ignored' ? trimmed.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase()) : trimmed
  }
  return normal(path) === normal(expected)
}

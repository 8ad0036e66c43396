import { exampleOf, pathTemplates } from '../lib/example-paths.ts'

/** A route that can serve an operation. */
export interface RouteAt<Route> {
  readonly route: Route
  /** A path of the route, with values for its parameters. `undefined` when no value fits. */
  readonly sample: string | undefined
}

/**
 * The routes that can serve an operation: those with the template of one of its paths, in the order of these paths.
 * `pathOf` returns the path of a route, in the syntax of `pathTemplates`.
 */
export function routesAt<Route>(
  paths: readonly string[],
  routes: readonly Route[],
  pathOf: (route: Route) => string,
): readonly RouteAt<Route>[] {
  return paths
    .map(templateOf)
    .flatMap((template) =>
      routes
        .filter((route) => pathTemplates(pathOf(route)).includes(template))
        .map((route) => ({ route, sample: exampleOf(pathOf(route), template) })),
    )
}

/** The path of an operation, with `{}` for each parameter. */
function templateOf(path: string): string {
  return path.replaceAll(/\{[^{}]*\}/g, '{}')
}

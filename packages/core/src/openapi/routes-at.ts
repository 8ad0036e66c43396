/**
 * The routes that can serve an operation: those with the template of one of its paths, in the order of these paths.
 * `templatesOf` returns the templates of a route, as `pathTemplates` writes them.
 */
export function routesAt<Route>(
  paths: readonly string[],
  routes: readonly Route[],
  templatesOf: (route: Route) => readonly string[],
): readonly Route[] {
  return paths.map(templateOf).flatMap((template) => routes.filter((route) => templatesOf(route).includes(template)))
}

/** The path of an operation, with `{}` for each parameter. */
function templateOf(path: string): string {
  return path.replaceAll(/\{[^{}]*\}/g, '{}')
}

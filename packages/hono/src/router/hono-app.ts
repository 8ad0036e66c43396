/** The parts of a Hono app that the check uses, for any bindings, variables and schema. */
export interface HonoApp {
  readonly routes: readonly HonoRoute[]
  readonly fetch: (request: Request, env: object) => Response | Promise<Response>
  readonly router: { readonly match: (method: string, path: string) => readonly unknown[] }
  readonly getPath: (request: Request, options: { readonly env: never }) => string
}

/** An entry of `app.use`, or one handler of a route. */
export interface HonoRoute {
  readonly path: string
  /** `'ALL'` for `app.use` and `app.all`. */
  readonly method: string
  readonly handler: unknown
}

export function isApp(app: unknown): app is HonoApp {
  const members: readonly (keyof HonoApp)[] = ['routes', 'fetch', 'router', 'getPath']
  return typeof app === 'object' && app !== null && members.every((member) => member in app)
}

/** A parameter with an expression is `:id{[0-9]+}` in Hono, and `:id([0-9]+)` elsewhere. */
export function withParentheses(path: string): string {
  return path.replaceAll(/(:\w+)\{((?:[^{}]|\{[^{}]*\})*)\}/g, '$1($2)')
}

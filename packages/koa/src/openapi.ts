import { invalidOption } from '@tollgate/core/adapter'
import { type AppSecurity, createOpenApiFor, type OpenApiOptions, type Protecting } from '@tollgate/core/openapi'
import { createFindLayers } from './openapi/find-layers.ts'
import { isApp, type KoaApp } from './router/koa-app.ts'

export type { OpenApiDocument, OpenApiOptions } from '@tollgate/core/openapi'

/** The security of the operations of a document. */
export interface OpenApiSecurity extends AppSecurity<KoaApp> {
  /**
   * Returns a copy of the document in which each operation has its `security` and its refusals, and `components` has
   * the schemes. It reads the middleware of the app and the routers of `@koa/router`, with each `protect(…)` that a
   * request to the operation passes. Call it after the routes are added.
   *
   * It does NOT find a `protect(…)` that a function of yours calls, nor the routes of koa-mount and of composed
   * middleware. It treats requests that a function in `protect.unless` exempts as protected. An operation with a
   * `security` of its own and without a route stays as it is.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an operation without a route, and for invalid arguments.
   */
  readonly secure: AppSecurity<KoaApp>['secure']
}

/**
 * Describes the protection of a Koa API for OpenAPI 3.0 and newer: `openApiSecurity(protect).secure(document, app)`. The
 * document follows from the middleware of the app. See `openApiSecurity` of the core.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export const openApiSecurity: (protect: Protecting, options?: OpenApiOptions) => OpenApiSecurity = createOpenApiFor(
  (app: KoaApp) => {
    if (!isApp(app)) {
      throw invalidOption('Expected the app of new Koa() as the second argument of secure')
    }
    return createFindLayers(app)
  },
)

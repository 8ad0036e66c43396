import { invalidOption, isRecord } from '@tollgate/core/adapter'
import {
  createDescriber,
  type Describer,
  expectOpenApiOptions,
  expectVersion,
  type FindLayers,
  type Layer,
  type OpenApiDocument,
  type OpenApiOptions,
  routesAt,
  secureDocument,
  withSchemes,
} from '@tollgate/core/openapi'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { type FoundRoute, layersOf } from './openapi/route-layers.ts'

export type { OpenApiDocument, OpenApiOptions } from '@tollgate/core/openapi'

/** The options of `openApiSecurity`. */
export interface FastifyOpenApiOptions extends OpenApiOptions {
  /** Your own `transform` for `@fastify/swagger`. It runs first. Default: none. */
  readonly transform?: ((input: never) => { schema: object; url: string }) | undefined
}

/** The security of the operations of a document. */
export interface OpenApiSecurity {
  /** The option `transform` of `@fastify/swagger`. It gives each route its `security`, and the document the schemes. */
  readonly transform: (input: { url: string; route: object }) => { schema: object; url: string }
  /** The option `transformObject` of `@fastify/swagger`. It adds the refusals. */
  readonly transformObject: (input: object) => object
  /**
   * For a document that you write by hand: returns a copy in which each operation has its `security` and its refusals,
   * and `components` has the schemes. Call it when the app is ready.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an operation without a route, and for another format.
   */
  readonly secure: <Document extends OpenApiDocument>(document: Document) => Document
}

/**
 * Describes the protection of a Fastify API for OpenAPI 3.0 and newer: `await app.register(swagger, { openapi: {},
 * ...openApiSecurity(app) })`. Call it before the routes are added. The order beside `tollgate` does not matter.
 *
 * The document follows from the hooks that Fastify runs for a route: those of its scope, `onRequest: app.protect(…)`, and
 * `config: { auth }`. It treats requests that a function in `app.protect.unless` exempts as protected. It does NOT see a
 * protection that a hook of yours calls. A route with a `swaggerTransform` of its own gets its `security` last.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function openApiSecurity(
  app: Pick<FastifyInstance, 'addHook'>,
  options: FastifyOpenApiOptions = {},
): OpenApiSecurity {
  const settings = expectOpenApiOptions(options, ['transform'])
  const routes = new Map<object, FoundRoute>()
  app.addHook('onRoute', function (route: RouteOptions) {
    routes.set(route, { scope: this, route })
  })
  const describers = new WeakMap<object, Describer>()
  /** The plugin copies the `security` of a schema by reference. */
  const noted = new WeakMap<object, readonly Layer[]>()

  function describerOf(document: object): Describer {
    const describer = describers.get(document) ?? createDescriber({ ...settings, version: expectVersion(document) })
    describers.set(document, describer)
    return describer
  }

  const findLayers: FindLayers = ({ method, paths, operation }) => {
    const layers = noted.get(operation.security ?? {})
    const found = layers === undefined ? findRoute([...routes.values()], method, paths) : undefined
    return layers ?? (found && layersOf(found))
  }

  function secure<Document extends OpenApiDocument>(document: Document): Document {
    return secureDocument(document, describerOf(document), { ...settings, findLayers })
  }

  return {
    transform: (input) => {
      const { schema = {}, url } = options.transform?.(input as never) ?? (input as { schema?: object; url: string })
      const found = routes.get(input.route)
      if (found === undefined) {
        return { schema, url }
      }
      const document = openApiObjectOf(input)
      const describer = describerOf(document)
      const layers = layersOf(found)
      const security = describer.requirementsOf(layers)
      noted.set(security, layers)
      // The plugin looks up each scheme that a schema names.
      document.components = withSchemes(document, describer).components
      return { schema: { ...schema, security }, url }
    },
    transformObject: (input) => secure(openApiObjectOf(input)),
    secure,
  }
}

function openApiObjectOf(input: object): OpenApiDocument {
  const { openapiObject } = input as { readonly openapiObject?: OpenApiDocument }
  if (!isRecord(openapiObject)) {
    throw invalidOption('Expected the option `openapi` of @fastify/swagger, because Swagger 2 has no such schemes')
  }
  return openapiObject
}

function findRoute(routes: readonly FoundRoute[], method: string, paths: readonly string[]): FoundRoute | undefined {
  const found = routesAt(paths, routes, ({ route }) => route.url).find(({ route: { route } }) =>
    [route.method].flat().some((one) => one.toUpperCase() === method),
  )
  return found?.route
}

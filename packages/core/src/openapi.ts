import '../require/expect-node.cjs'

export { openApiSecurity, type OpenApiSecurity, type Protecting } from './openapi/open-api-security.ts'
export type { OpenApiOptions } from './openapi/open-api-options.ts'
export type {
  OAuthFlows,
  OpenApiDocument,
  OpenApiResponse,
  OpenApiVersion,
  SecurityRequirement,
  SecurityScheme,
} from './openapi/open-api-types.ts'
// The parts that the adapters share.
export { joinPaths } from './lib/example-paths.ts'
export { type Protection, protectionOf, protectionsOf } from './middleware/protections.ts'
export { createDescriber, type Describer, type Layer } from './openapi/describer.ts'
export { expectOpenApiOptions, expectVersion, type OpenApiSettings } from './openapi/open-api-options.ts'
export { type AppSecurity, createOpenApiFor } from './openapi/open-api-for.ts'
export { routesAt } from './openapi/routes-at.ts'
export { type FindLayers, secureDocument, secureOperations, withSchemes } from './openapi/secure-document.ts'

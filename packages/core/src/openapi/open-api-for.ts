import { createDescriber } from './describer.ts'
import { expectOpenApiOptions, expectVersion, type OpenApiOptions } from './open-api-options.ts'
import { openApiSecurity, type OpenApiSecurity, type Protecting } from './open-api-security.ts'
import type { OpenApiDocument } from './open-api-types.ts'
import { type FindLayers, secureDocument } from './secure-document.ts'

/** The security of the operations of a document, for a framework whose apps list their routes. */
export interface AppSecurity<App> extends OpenApiSecurity {
  readonly secure: <Document extends OpenApiDocument>(document: Document, app: App) => Document
}

/** Creates the `openApiSecurity` of an adapter. `findLayersIn` throws a `TypeError` for a value that is no app. */
export function createOpenApiFor<App>(
  findLayersIn: (app: App) => FindLayers,
): (subject: Protecting, options?: OpenApiOptions) => AppSecurity<App> {
  return (subject, options = {}) => {
    const settings = expectOpenApiOptions(options)
    const secure: AppSecurity<App>['secure'] = (document, app) => {
      const describer = createDescriber({ ...settings, version: expectVersion(document) })
      return secureDocument(document, describer, { ...settings, findLayers: findLayersIn(app) })
    }
    const plain = openApiSecurity(subject, options)
    // The schemes are a getter.
    return Object.defineProperties({ secure }, Object.getOwnPropertyDescriptors(plain)) as AppSecurity<App>
  }
}

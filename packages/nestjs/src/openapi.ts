import type { INestApplicationContext } from '@nestjs/common'
import { invalidOption } from '@tollgate/core/adapter'
import { ModulesContainer } from '@nestjs/core'
import {
  createDescriber,
  expectOpenApiOptions,
  expectVersion,
  type OpenApiDocument,
  type OpenApiOptions,
  secureOperations,
  withSchemes,
} from '@tollgate/core/openapi'
import { createLayersOf } from './openapi/handler-layers.ts'
import { type Marks, markControllers } from './openapi/marks.ts'

export type { OpenApiDocument, OpenApiOptions } from '@tollgate/core/openapi'

/** The security of the operations of a document. */
export interface OpenApiSecurity {
  /**
   * Calls `SwaggerModule.createDocument(app, config)` for you, and returns its document, in which each operation of a
   * controller has its `security` and its refusals, and `components` has the schemes. `@ApiBearerAuth()` and
   * `@ApiSecurity()` are not needed, and this replaces them.
   *
   * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a function that returns no document of OpenAPI 3.
   */
  readonly secure: <Document extends OpenApiDocument>(createDocument: () => Document) => Document
}

/**
 * Describes the protection of a Nest application for OpenAPI 3.0 and newer: `openApiSecurity(app).secure(() =>
 * SwaggerModule.createDocument(app, config))`.
 *
 * The document follows from `@Public()`, `@OptionalAuth()`, `@Protect(…)` and `@Scopes(…)` as the guard of
 * `TollgateModule` reads them, and from the guards of `createProtect` in `@UseGuards(…)` and `useGlobalGuards(…)`. It does
 * NOT know other guards of Nest.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function openApiSecurity(app: INestApplicationContext, options: OpenApiOptions = {}): OpenApiSecurity {
  const settings = expectOpenApiOptions(options)
  const layersOf = createLayersOf(app)

  return {
    secure: (createDocument) => {
      if (typeof createDocument !== 'function') {
        throw invalidOption(
          'Expected secure(…) to get a function: secure(() => SwaggerModule.createDocument(app, config))',
        )
      }
      const marks = markControllers(app.get(ModulesContainer))
      try {
        const document = createDocument()
        const describer = createDescriber({ ...settings, version: expectVersion(document) })
        const secured = secureOperations(document, describer, {
          ...settings,
          layersOf: ({ operation }) => {
            const marked = marks.read(operation.security)
            return marked && layersOf(marked.type, marked.handler)
          },
        })
        return withSchemes(withoutMarks(secured, marks.clean), describer)
      } finally {
        marks.remove()
      }
    },
  }
}

/** A webhook is a request that the application sends, so that its protection here does not matter. */
function withoutMarks<Document extends OpenApiDocument>(document: Document, clean: Marks['clean']): Document {
  const { webhooks } = document as { readonly webhooks?: Readonly<Record<string, Readonly<Record<string, object>>>> }
  if (webhooks === undefined) {
    return document
  }
  const cleaned = Object.entries(webhooks).map(([name, item]) => {
    const operations = Object.entries(item).map(([method, operation]) => {
      const { security, ...rest } = operation as { readonly security?: unknown }
      const own = clean(security)
      return [method, own === undefined ? rest : { ...rest, security: own }] as const
    })
    return [name, Object.fromEntries(operations)] as const
  })
  return { ...document, webhooks: Object.fromEntries(cleaned) }
}

import { isRecord } from '../lib/record.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { Describer, Layer } from './describer.ts'
import type { OpenApiDocument } from './open-api-types.ts'

/** An operation of a document, with the paths that the app may serve it at. */
interface DocumentedOperation {
  /** In upper case. */
  readonly method: string
  /** The path of the document, and before it the one with the path of the first server. */
  readonly paths: readonly string[]
  /** The operation itself. */
  readonly operation: { readonly security?: object }
}

/** The protection of an operation. `undefined` when the app serves no such route. */
export type FindLayers = (operation: DocumentedOperation) => readonly Layer[] | undefined

const methods = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'])

/**
 * Returns a copy of the document whose operations have their `security` and their refusals, and that has the schemes. An
 * operation without a route throws a `TypeError`, unless it has a `security` of its own.
 */
export function secureDocument<Document extends OpenApiDocument>(
  document: Document,
  describer: Describer,
  { findLayers, responses }: { readonly findLayers: FindLayers; readonly responses: 'add' | 'none' },
): Document {
  const layersOf: FindLayers = (found) => {
    const layers = findLayers(found)
    if (layers === undefined && !Array.isArray(found.operation.security)) {
      throw withoutRoute(found.method, found.paths.at(-1) ?? '')
    }
    return layers
  }
  return withSchemes(secureOperations(document, describer, { layersOf, responses }), describer)
}

/** The same without the schemes. An operation without layers stays as it is. */
export function secureOperations<Document extends OpenApiDocument>(
  document: Document,
  describer: Describer,
  { layersOf, responses }: { readonly layersOf: FindLayers; readonly responses: 'add' | 'none' },
): Document {
  const base = basePathOf(document)
  const secure = (path: string, [name, operation]: readonly [string, unknown]): readonly [string, unknown] => {
    if (!methods.has(name) || !isRecord(operation)) {
      return [name, operation]
    }
    const paths = base === '' ? [path] : [base + path, path]
    const layers = layersOf({ method: name.toUpperCase(), paths, operation })
    return [name, layers === undefined ? operation : secureOperation(operation, layers, describer, responses)]
  }
  const paths = Object.entries((document.paths ?? {}) as Readonly<Record<string, unknown>>).map(([path, item]) => [
    path,
    isRecord(item) ? Object.fromEntries(Object.entries(item).map((entry) => secure(path, entry))) : item,
  ])
  return { ...document, paths: Object.fromEntries(paths) as object }
}

/** The same for one operation. Its own responses stay. */
function secureOperation<Operation extends object>(
  operation: Operation,
  layers: readonly Layer[],
  describer: Describer,
  responses: 'add' | 'none',
): Operation {
  const own = (operation as { readonly responses?: object }).responses
  return {
    ...operation,
    security: describer.requirementsOf(layers),
    ...(responses === 'add' ? { responses: { ...describer.responsesOf(layers), ...own } } : {}),
  }
}

/** Adds the schemes that the operations name. They replace others of the same names. */
export function withSchemes<Document extends OpenApiDocument>(document: Document, describer: Describer): Document {
  const components = (document.components ?? {}) as Readonly<Record<string, object>>
  const securitySchemes = { ...components['securitySchemes'], ...describer.schemes() }
  return { ...document, components: { ...components, securitySchemes } }
}

/** The path of the first server. A server with variables has none that is known. */
function basePathOf(document: object): string {
  const { servers } = document as { readonly servers?: readonly { readonly url?: unknown }[] }
  const url = servers?.[0]?.url
  const path = typeof url === 'string' && !url.includes('{') ? url.replace(/^https?:\/\/[^/]*/i, '') : ''
  return path.replace(/\/$/, '')
}

function withoutRoute(method: string, path: string): TypeError {
  return invalidOption(
    `Expected the app to have a route for ${method} ${path} of the document. Where its router is hidden, write the \`security\` of the operation yourself: securityOf(protect(…))`,
  )
}

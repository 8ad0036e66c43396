/** Reads the requirements of a document as a client does. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect } from 'vitest'

export interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: Readonly<Record<string, Scheme>> }
}

interface Operation {
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly responses: Readonly<Record<string, unknown>>
}

interface Scheme {
  readonly type: string
  readonly scheme?: string
}

/** How a request presents its token. */
export type Carrier = 'bearer' | 'DPoP'

/** The operations of a document, as `GET /orders`. */
export function operationsOf({ paths }: Document): ReadonlyMap<string, Operation> {
  const entries = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  )
  return new Map(entries)
}

/** Whether the document says that a request without credentials is accepted. */
export function isOpen({ security }: Operation): boolean {
  return security.length === 0 || security.some((each) => Object.keys(each).length === 0)
}

/** Whether the document says that a token with these scopes is accepted. */
export function accepts(
  document: Document,
  operation: Operation,
  carrier: Carrier,
  scopes: readonly string[],
): boolean {
  const { securitySchemes } = document.components
  const isMet = ([name, needed]: readonly [string, readonly string[]]): boolean => {
    const { type, scheme } = securitySchemes[name] ?? {}
    const isCarried = type === 'openIdConnect' || type === 'oauth2' || (type === 'http' && scheme === carrier)
    return isCarried && needed.every((scope) => scopes.includes(scope))
  }
  const requirements = operation.security.map((each) => Object.entries(each)).filter((each) => each.length > 0)
  return operation.security.length === 0 || requirements.some((each) => each.every(isMet))
}

/** Checks the document by its schema, and the rules about security that the schema does not have. */
export async function expectValid(document: unknown): Promise<Document> {
  const result = await new Validator().validate(structuredClone(document) as Parameters<Validator['validate']>[0])
  expect(result).toMatchObject({ valid: true })
  const valid = document as Document
  const { securitySchemes } = valid.components
  for (const { security } of operationsOf(valid).values()) {
    for (const [name, scopes] of security.flatMap((each) => Object.entries(each))) {
      expect(Object.keys(securitySchemes)).toContain(name)
      const { type = '' } = securitySchemes[name] ?? {}
      const listsScopes = !valid.openapi.startsWith('3.0') || ['oauth2', 'openIdConnect'].includes(type)
      expect(listsScopes || scopes.length === 0).toBe(true)
    }
  }
  return valid
}

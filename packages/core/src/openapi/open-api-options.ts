import { expectOneOf, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { isRecord } from '../lib/record.ts'
import type { OAuthFlows, OpenApiVersion } from './open-api-types.ts'

/** The options of `openApiSecurity`. */
export interface OpenApiOptions {
  /**
   * The version of OpenAPI for `securityOf`. A whole document has its own version. `'3.1'` applies to newer ones too.
   * Default: `'3.1'`.
   */
  readonly version?: OpenApiVersion | undefined
  /**
   * How the document describes tokens in `Authorization`. `'http'`: the schemes Bearer and DPoP, as HTTP knows them.
   * `'openIdConnect'`: the discovery document of the only listed issuer. `{ flows }`: `oauth2` with these flows, to which
   * the scopes of the routes are added. Default: `'http'` in OpenAPI 3.1. In 3.0 `'openIdConnect'` where one issuer with a
   * URL is listed, because 3.0 lists no scopes for `'http'`; otherwise `'http'`.
   */
  readonly scheme?: 'http' | 'openIdConnect' | { readonly flows: OAuthFlows } | undefined
  /** The start of the names of the security schemes, such as `'partner_'`. Default: none. */
  readonly prefix?: string | undefined
  /** `'add'`: an operation gets the responses 401, 403 and 503 that it does not have. Default: `'add'`. */
  readonly responses?: 'add' | 'none' | undefined
}

/** The checked options. */
export interface OpenApiSettings {
  readonly version: OpenApiVersion
  readonly scheme: OpenApiOptions['scheme']
  readonly prefix: string
  readonly responses: 'add' | 'none'
}

const names: readonly (keyof OpenApiOptions)[] = ['version', 'scheme', 'prefix', 'responses']

/** Checks the options. An adapter has further ones. Throws a `TypeError`. */
export function expectOpenApiOptions(given: OpenApiOptions, further: readonly string[] = []): OpenApiSettings {
  const options = expectOptions(given, 'the options of openApiSecurity', [...names, ...further])
  const { version = '3.1', scheme, prefix = '', responses = 'add' } = options
  if (typeof prefix !== 'string' || !/^[\w.-]*$/.test(prefix)) {
    throw invalidOption('Expected `prefix` to have only letters, digits, dots, hyphens and underscores')
  }
  return {
    version: expectOneOf(version, 'version', ['3.0', '3.1']),
    scheme: expectScheme(scheme),
    prefix,
    responses: expectOneOf(responses, 'responses', ['add', 'none']),
  }
}

function expectScheme(scheme: unknown): OpenApiOptions['scheme'] {
  if (scheme === undefined || typeof scheme === 'string') {
    return scheme === undefined ? undefined : expectOneOf(scheme as 'http', 'scheme', ['http', 'openIdConnect'])
  }
  const { flows } = expectOptions(scheme as { readonly flows: OAuthFlows }, '`scheme`', ['flows'])
  if (!isRecord(flows) || Object.keys(flows).length === 0 || !Object.values(flows).every(isRecord)) {
    throw invalidOption(
      "Expected `flows` to have at least one flow, such as { authorizationCode: { authorizationUrl: '…', tokenUrl: '…' } }",
    )
  }
  return { flows }
}

/** The version of a document. Throws a `TypeError` for a document of another format, such as Swagger 2. */
export function expectVersion(document: unknown): OpenApiVersion {
  const version: unknown = isRecord(document) ? document['openapi'] : undefined
  if (typeof version !== 'string' || !/^3\.\d/.test(version)) {
    throw invalidOption("Expected a document of OpenAPI 3, with a member `openapi` such as '3.1.0'")
  }
  return version.startsWith('3.0') ? '3.0' : '3.1'
}

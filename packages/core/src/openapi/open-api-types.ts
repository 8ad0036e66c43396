/** One way to be allowed: every scheme in it, each with the scopes that the token needs. */
export type SecurityRequirement = Record<string, string[]>

/** A security scheme of OpenAPI. */
export type SecurityScheme = { type: 'http' | 'apiKey' | 'oauth2' | 'openIdConnect' | 'mutualTLS' } & Record<
  string,
  unknown
>

/** A response of OpenAPI, without a body. */
export interface OpenApiResponse {
  description: string
  headers: Record<string, { description: string; schema: { type: 'string' } }>
}

/** A document of OpenAPI 3.0 or newer: the parts that `secure` reads and writes. */
export interface OpenApiDocument {
  openapi: string
  paths?: object | undefined
  components?: object | undefined
}

/** The versions differ in where scopes may stand: OpenAPI 3.0 lists them for `oauth2` and `openIdConnect` only. */
export type OpenApiVersion = '3.0' | '3.1'

/** The flows of a scheme `oauth2`. Tollgate adds the scopes of the routes. */
export type OAuthFlows = Partial<
  Record<
    'authorizationCode' | 'clientCredentials' | 'deviceAuthorization' | 'implicit' | 'password',
    { readonly scopes?: Readonly<Record<string, string>> } & Readonly<Record<string, unknown>>
  >
>

import { invalidOption } from '../lib/invalid-option.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { createResourceMetadata, type ResourceContext, type ResourceMetadata } from './resource-metadata.ts'
import type { ResourceSettings } from './resource-options.ts'

/** A response with the metadata, for any framework: `new Response(body, response)`. */
export interface MetadataResponse {
  readonly status: 200 | 204 | 405
  readonly headers: Readonly<Record<string, string>>
  /** `null` for HEAD, for a preflight, and for another method. */
  readonly body: string | null
}

/** The response to a request for the metadata. `undefined` for a request for anything else. */
export type RespondWithMetadata = (request: Pick<HttpRequest, 'method' | 'url'>) => MetadataResponse | undefined

/** The metadata of one validator, and whether clients can get it. */
export interface ServedMetadata {
  /** The URL for challenges. `undefined` unless it is served, or the developer gave the resource. */
  readonly url: () => string | undefined
  readonly noteScopes: ResourceMetadata['noteScopes']
  /** From now on, challenges name the URL. Throws a `TypeError` without a resource. */
  readonly serve: () => RespondWithMetadata
}

/** In seconds. A change of the configuration is known after so long. */
const maxAge = 3600

export function createServedMetadata(
  context: Omit<ResourceContext, 'resource'>,
  { resource, isGiven }: { readonly resource: ResourceSettings | undefined; readonly isGiven: boolean },
): ServedMetadata {
  const metadata = resource && createResourceMetadata({ ...context, resource })
  let isServed = isGiven

  return {
    url: () => (isServed ? metadata?.url : undefined),
    noteScopes: (scopes) => metadata?.noteScopes(scopes),
    serve: () => {
      if (metadata === undefined) {
        throw invalidOption(
          "Expected `resource`, such as 'https://api.example.com', because its metadata names it: no `audience`, or more than one, is a URL",
        )
      }
      isServed = true
      return ({ method, url }) => (metadata.paths.includes(targetOf(url)) ? respond(metadata, method) : undefined)
    },
  }
}

/** The path with the query, of a path or of an absolute URL. */
function targetOf(url: string): string {
  return url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#[^]*$/, '')
}

function respond(metadata: ResourceMetadata, method: string): MetadataResponse {
  if (method === 'OPTIONS') {
    const allow = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Allow-Headers': '*' }
    return { status: 204, headers: { ...forAllOrigins, ...allow }, body: null }
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { Allow: 'GET, HEAD, OPTIONS' }, body: null }
  }
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': `max-age=${maxAge}`, ...forAllOrigins }
  return { status: 200, headers, body: method === 'HEAD' ? null : JSON.stringify(metadata.document()) }
}

/** The document is public, and clients in browsers read it (RFC 9728 §7.5). */
const forAllOrigins = { 'Access-Control-Allow-Origin': '*' }

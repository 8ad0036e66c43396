/** A response with the metadata of the resource, for any framework. */
export interface MetadataResponse {
  readonly status: 200 | 204 | 405
  readonly headers: Readonly<Record<string, string>>
  /** `null` for a preflight, and for another method than GET and HEAD. A server leaves it out for HEAD. */
  readonly body: string | null
}

/** In seconds. A client can use an old document for this time. */
const maxAge = 3600

/** The document is public, and clients in browsers read it (RFC 9728 §3). */
const forAllOrigins = { 'Access-Control-Allow-Origin': '*' }

/** The response to a request for the metadata with this method. `read` returns the text of the document. */
export async function toMetadataResponse(method: string, read: () => Promise<string>): Promise<MetadataResponse> {
  if (method === 'OPTIONS') {
    // A client of MCP sends `MCP-Protocol-Version`, so that a browser sends a preflight first.
    const allow = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Allow-Headers': '*' }
    return { status: 204, headers: { ...forAllOrigins, ...allow, 'Access-Control-Max-Age': `${maxAge}` }, body: null }
  }
  if (method !== 'GET' && method !== 'HEAD') {
    return { status: 405, headers: { ...forAllOrigins, Allow: 'GET, HEAD, OPTIONS' }, body: null }
  }
  const headers = { ...forAllOrigins, 'Content-Type': 'application/json', 'Cache-Control': `max-age=${maxAge}` }
  return { status: 200, headers, body: await read() }
}

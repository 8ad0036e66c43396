/** The members that a GraphQL server adds to the error of its response. */
export interface GraphqlExtensions {
  /** The code that Apollo Server documents for this kind of error. */
  readonly code: string
  /** Apollo Server and Yoga use them for the HTTP response. */
  readonly http: { readonly status: number; readonly headers: GraphqlHeaders }
}

/** Yoga reads the members of an object. Apollo Server ignores headers that are no `Map`. */
type GraphqlHeaders = Readonly<Record<string, string>> & Iterable<readonly [name: string, value: string]>

const codes: ReadonlyMap<number, string> = new Map([
  [400, 'BAD_REQUEST'],
  [401, 'UNAUTHENTICATED'],
  [403, 'FORBIDDEN'],
  [502, 'BAD_GATEWAY'],
  [503, 'SERVICE_UNAVAILABLE'],
])

/** The extensions for an error of GraphQL. They contain no reason, because the client sees them. */
export function graphqlExtensions(status: number, headers: Readonly<Record<string, string>>): GraphqlExtensions {
  const both = Object.assign(new Map(Object.entries(headers)), headers) as object as GraphqlHeaders
  return { code: codes.get(status) ?? 'INTERNAL_SERVER_ERROR', http: { status, headers: both } }
}

import type { HttpRequest } from '@tollgate/core'
import { own } from '@tollgate/core/adapter'

/**
 * Adds the credentials that a browser sends beside the headers, because it cannot set `Authorization` for a socket.
 * Socket.IO has them in `auth: { token }`, and graphql-ws in `connectionParams: { Authorization }`. Together with a
 * header they are repeated credentials, which are refused.
 */
export function withHandshake(http: HttpRequest, handshake: unknown): HttpRequest {
  const lines = [...fieldsOf(handshake, ['Authorization', 'authorization']), ...fieldsOf(handshake, ['token'])]
  const added = lines.map(([name, value]) => ['authorization', name === 'token' ? `Bearer ${value}` : value] as const)
  return added.length === 0 ? http : withHeaders(http, [...http.headers, ...added])
}

/** A copy with other headers. `peer` and `origin` are members of the class of a request, so that `...` omits them. */
export function withHeaders(http: HttpRequest, headers: HttpRequest['headers']): HttpRequest {
  return { ...http, headers, peer: http.peer, origin: http.origin }
}

/** A value that is no string is malformed, and is not the same as no value. */
function fieldsOf(handshake: unknown, names: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return names.flatMap((name) => {
    const value = own(handshake, name)
    return value === undefined || value === null ? [] : [[name, typeof value === 'string' ? value : ''] as const]
  })
}

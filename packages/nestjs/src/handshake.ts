import type { HttpRequest } from '@tollgate/core'

/**
 * Adds the credentials that a browser sends beside the headers, because it cannot set `Authorization` for a socket.
 * Socket.IO has them in `auth: { token }`, and graphql-ws in `connectionParams: { Authorization }`. Together with a
 * header they are repeated credentials, which are refused.
 */
export function withHandshake(http: HttpRequest, handshake: unknown): HttpRequest {
  const lines = [...fieldsOf(handshake, ['Authorization', 'authorization']), ...fieldsOf(handshake, ['token'])]
  const added = lines.map(([name, value]) => ['authorization', name === 'token' ? `Bearer ${value}` : value] as const)
  return added.length === 0 ? http : { ...http, headers: [...http.headers, ...added] }
}

/** A value that is no string is malformed, and is not the same as no value. */
function fieldsOf(handshake: unknown, names: readonly string[]): readonly (readonly [name: string, value: string])[] {
  if (typeof handshake !== 'object' || handshake === null) {
    return []
  }
  const members = handshake as Readonly<Record<string, unknown>>
  return names
    .filter((name) => Object.hasOwn(members, name) && members[name] !== undefined && members[name] !== null)
    .map((name) => [name, typeof members[name] === 'string' ? members[name] : ''] as const)
}

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { HttpRequest } from '@tollgate/core'

/** The parts of a request of Fastify that this file uses. */
interface UpgradeRequest {
  readonly raw?: RawRequest | undefined
  readonly headers: IncomingHttpHeaders
}

/** The request of Node behind it. */
export interface RawRequest extends Pick<IncomingMessage, 'rawHeaders'> {
  /** Whether Node gave the connection away. */
  readonly upgrade?: unknown
  readonly socket?: unknown
}

/** The parts of an upgrade request that its client sent in headers, and in `connection_init`. */
interface UpgradeCredentials {
  readonly headers: HttpRequest['headers']
  readonly handshake: unknown
}

/** A subscription of mercurius has the request that became a socket. The header `Upgrade` alone makes no socket. */
export function isUpgraded({ raw }: Pick<UpgradeRequest, 'raw'>): boolean {
  return raw?.upgrade === true
}

/**
 * mercurius adds the members of `connection_init` to the headers of the upgrade request, where none has the name. A page
 * chooses these members. They must not count as headers that only a browser sets, such as `Sec-Fetch-Site`.
 */
export function separateInit({ raw, headers }: UpgradeRequest): UpgradeCredentials {
  const lines = raw?.rawHeaders ?? []
  const sent = lines.flatMap((name, index) => (index % 2 === 0 ? [[name, lines[index + 1] ?? ''] as const] : []))
  const isSent = sent.some(([name]) => name.toLowerCase() === 'authorization')
  const { Authorization, authorization } = headers as Readonly<Record<string, unknown>>
  return { headers: sent, handshake: { Authorization, authorization: isSent ? undefined : authorization } }
}

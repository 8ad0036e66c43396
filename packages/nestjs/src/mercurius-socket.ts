import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Connection, HttpRequest } from '@tollgate/core'

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

/** The socket of an upgraded request. */
interface MercuriusSocket extends UpgradeCredentials {
  readonly connection: object
  readonly closable: Connection | undefined
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

export function socketOfMercurius(request: UpgradeRequest): MercuriusSocket {
  const { raw } = request
  return { connection: raw ?? request, closable: closableOf(raw?.socket as Duplex), ...separateInit(request) }
}

/** mercurius does not give its WebSocket away. Between two frames, another one can go over the connection. */
function closableOf(connection: Duplex): Connection {
  return Object.assign(
    {
      close: (code: number, reason: string): void => void connection.write(closeFrameOf(code, reason)),
      terminate: (): void => void connection.destroy(),
      on: (event: string, listener: () => void): unknown => connection.on(event, listener),
    },
    { readyState: connection.destroyed ? 3 : 1 },
  )
}

/** RFC 6455 §5.5.1: the frame of a server is not masked. The reasons of this library have less than 123 bytes. */
function closeFrameOf(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 123)
  return Buffer.concat([Buffer.from([0x88, 2 + text.length, code >> 8, code & 0xff]), text])
}

/**
 * mercurius adds the members of `connection_init` to the headers of the upgrade request, where none has the name. A page
 * chooses these members. They must not count as headers that only a browser sets, such as `Sec-Fetch-Site`.
 */
function separateInit({ raw, headers }: UpgradeRequest): UpgradeCredentials {
  const lines = raw?.rawHeaders ?? []
  const sent = lines.flatMap((name, index) => (index % 2 === 0 ? [[name, lines[index + 1] ?? ''] as const] : []))
  const isSent = sent.some(([name]) => name.toLowerCase() === 'authorization')
  const { Authorization, authorization } = headers as Readonly<Record<string, unknown>>
  return { headers: sent, handshake: { Authorization, authorization: isSent ? undefined : authorization } }
}

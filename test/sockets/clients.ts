import type { IncomingMessage, Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

export type Headers = Readonly<Record<string, string>>

/** How a server ends an upgrade or a WebSocket. */
export interface Ending {
  /** Of the response to a refused upgrade. */
  readonly status?: number | undefined
  readonly challenge?: string | undefined
  /** Of the frame that closes the WebSocket. */
  readonly code?: number
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

export const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` })

/** Opens a WebSocket that takes part as it should. */
export function open(server: Server, headers: Headers = {}, protocols: readonly string[] = []): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${portOf(server)}/live`, [...protocols], { headers })
  onTestFinished(() => {
    socket.on('error', () => undefined)
    socket.terminate()
  })
  return socket
}

export async function endOf(socket: WebSocket): Promise<Ending> {
  return new Promise((resolve) => {
    socket.once('close', (code) => resolve({ code }))
    socket.once('unexpected-response', (_, response: IncomingMessage) => {
      response.resume()
      const { statusCode: status, headers } = response
      resolve({ status, challenge: headers['www-authenticate'] })
    })
  })
}

/** A client that sends these messages with its request, responds to nothing, and leaves its half of the connection open. */
export function openStubborn(
  server: Server,
  {
    headers = {},
    messages = [],
    reads = true,
  }: { headers?: Headers; messages?: readonly string[]; reads?: boolean } = {},
): { readonly socket: Socket; readonly received: () => string } {
  const socket = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
  const chunks: Buffer[] = []
  socket.on('error', () => undefined)
  if (reads) {
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  }
  onTestFinished(() => void socket.destroy())
  const lines = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }
  const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.from(`GET /live HTTP/1.1\r\n${head.join('')}\r\n`)
  socket.write(Buffer.concat([request, ...messages.map((text) => frame(text))]))
  return { socket, received: () => Buffer.concat(chunks).toString('latin1') }
}

/** A message of a client (RFC 6455 §5.2). The mask is zero. */
export function frame(content: string | Buffer, opcode = 1): Buffer {
  const payload = typeof content === 'string' ? Buffer.from(content) : content
  const mask = Buffer.alloc(4)
  if (payload.length < 126) {
    return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length]), mask, payload])
  }
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(payload.length))
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | 127]), length, mask, payload])
}

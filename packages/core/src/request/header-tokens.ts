import { invalidRequest } from '../responses/refusal.ts'
import { headerLines } from './header-lines.ts'
import type { HttpRequest } from './http-request.ts'

export const maxTokenLength: number = 16 * 1024

/** A web `Request` joins several lines by commas, and no token has a comma. */
export function tokenInHeader({ headers }: HttpRequest, name: string): readonly string[] {
  const lines = headerLines(headers, name)
  const [line = ''] = lines
  refuseUnless(line.length <= maxTokenLength, 'token-too-large')
  refuseUnless(lines.length <= 1 && !line.includes(','), 'repeated-credentials')
  return line === '' ? [] : [line]
}

/** `bearer, <token>`: the subprotocols of a request that opens a WebSocket. Several lines are one list (RFC 6455 §4.1). */
export function tokenInSubprotocols({ headers }: HttpRequest, name: string): readonly string[] {
  const lines = headerLines(headers, name)
  const isUpgrade = headerLines(headers, 'upgrade').some((line) => /^ *websocket *$/i.test(line))
  if (!isUpgrade || lines.length === 0) {
    return []
  }
  const list = lines.join(',')
  refuseUnless(list.length <= maxTokenLength + 'bearer, '.length, 'token-too-large')
  const protocols = list.split(',').map((protocol) => protocol.trim())
  if (!protocols.some((protocol) => protocol.toLowerCase() === 'bearer')) {
    return []
  }
  const [first, token = ''] = protocols
  refuseUnless(first === 'bearer' && protocols.length === 2, 'malformed-credentials')
  return [token]
}

export function refuseUnless(isSound: boolean, reason: Parameters<typeof invalidRequest>[0]): void {
  if (!isSound) {
    throw invalidRequest(reason)
  }
}

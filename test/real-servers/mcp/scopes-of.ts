import { decodeJwt } from 'jose'
import type { McpClient } from '../../harness/mcp-clients.ts'

/** The scopes of each token that the client got, in order. */
export function scopesOf({ log }: McpClient): readonly (readonly string[])[] {
  return log.tokens.map((token) => String(decodeJwt(token)['scope']).split(' ').toSorted())
}

import { headerLines } from './header-lines.ts'
import type { HttpRequest } from './http-request.ts'
import { socketMember } from './peer.ts'

/**
 * The origin under which the client called, by the headers of a trusted proxy. `X-Forwarded-Proto` and
 * `X-Forwarded-Host` count if each has exactly one value. Without them, the socket has the protocol, and `Host` or
 * `:authority` has the host. Empty for anything else, because a proxy that appends its value passes on the one of
 * the client. The caller has to check that the sender is the trusted proxy.
 */
export function forwardedOrigin(headers: HttpRequest['headers'], socket: unknown): string {
  const only = (name: string): string | undefined => onlyValue(headerLines(headers, name))
  const protocolOfSocket = socketMember(socket, 'encrypted') === true ? 'https' : 'http'
  const protocol = (only('x-forwarded-proto') ?? protocolOfSocket).toLowerCase()
  const host = only('x-forwarded-host') ?? only('host') ?? only(':authority')
  return host === undefined || !/^https?$/.test(protocol) ? '' : (originOf(`${protocol}://${host}`) ?? '')
}

/** `undefined` without a line. Several values are a text that is no protocol and no host. */
function onlyValue(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : lines.join(',').trim()
}

/** The origin of a URL that has no other parts. A host has no credentials, path, query and list. */
function originOf(text: string): string | undefined {
  const isHost = /^https?:\/\/(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i.test(text)
  return isHost && URL.canParse(text) ? new URL(text).origin : undefined
}

import { isRecord, memberOf } from '../lib/record.ts'
import { undefinedIfError } from '../lib/undefined-if-error.ts'

/** Whether the setting `trust proxy` of an Express app trusts the peer of a request. Without an app: `false`. */
export function expressTrustsPeer(req: object): boolean {
  const app = memberOf(req, 'app') as { readonly get?: unknown } | undefined
  const trusts: unknown = typeof app?.get === 'function' ? app.get('trust proxy fn') : undefined
  return typeof trusts === 'function' && trusts(memberOf(memberOf(req, 'socket'), 'remoteAddress'), 0) === true
}

/**
 * Whether the setting `trustProxy` of a Fastify app trusts the peer of a request. Fastify publishes neither the setting
 * nor its result. But `ips` has the sender of `X-Forwarded-For` as its second address if Fastify trusts the peer. The
 * request itself may lack this header, so that a request with this header and the same socket decides.
 */
export function fastifyTrustsPeer(request: object): boolean {
  const socket = memberOf(memberOf(request, 'raw'), 'socket')
  if (!isRecord(socket)) {
    return false
  }
  const raw = { headers: { 'x-forwarded-for': '192.0.2.1' }, socket }
  // The socket of an HTTP/2 request throws after the connection has ended.
  const ips = undefinedIfError(() => memberOf(Object.create(request, { raw: { value: raw } }), 'ips'))
  return Array.isArray(ips) && ips.length === 2
}

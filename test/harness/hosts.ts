import type { HttpRequest } from '@tollgate/core'

/** The value of the only `Host` line. */
export function hostOf(request: HttpRequest | undefined): string | undefined {
  const hosts = [...(request?.headers ?? [])].filter(([name]) => name.toLowerCase() === 'host')
  return hosts.length === 1 ? hosts[0]?.[1] : undefined
}

/** A request with this token for this host. */
export function requestFor(host: string, token: string): HttpRequest {
  const headers: HttpRequest['headers'] = [
    ['host', host],
    ['authorization', `Bearer ${token}`],
  ]
  return { method: 'GET', url: '/', headers }
}

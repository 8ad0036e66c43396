import type { HttpRequest } from './http-request.ts'

/** Whether a request is a CORS preflight (Fetch §3.2.2). Browsers send preflights without credentials. */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  const names = method === 'OPTIONS' ? Array.from(headers, ([name]) => name.toLowerCase()) : []
  return names.includes('origin') && names.includes('access-control-request-method')
}

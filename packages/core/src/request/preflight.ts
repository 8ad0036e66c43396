import type { HttpRequest } from './http-request.ts'

/** Whether a request is a CORS preflight (Fetch §3.2.2). Browsers send preflights without credentials. */
export function isPreflight({ method, headers }: HttpRequest): boolean {
  if (method !== 'OPTIONS') {
    return false
  }
  const names = new Set<string>()
  for (const [name] of headers) {
    names.add(name.toLowerCase())
  }
  return names.has('origin') && names.has('access-control-request-method')
}

import type { HttpRequest } from './http-request.ts'

/** A CORS preflight (Fetch §3.2.2): what a browser asks before a request, and never with credentials. */
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

import type { HttpRequest } from '../request/http-request.ts'

/** The option `origin` replaces the origin that the framework states. */
export function withOrigin<Request>(
  toHttpRequest: (request: Request) => HttpRequest,
  origin: readonly string[],
): typeof toHttpRequest {
  return (request) => Object.defineProperty(toHttpRequest(request), 'origin', { value: origin })
}

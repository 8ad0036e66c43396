import { isRecord, memberOf } from '../lib/record.ts'
import type { HttpRequest } from './http-request.ts'

/**
 * The objects that stand for a request of a client, and for no other one: its request of Node or its web `Request`, and
 * the request or context of the framework around that. Without them, the `HttpRequest` itself. `native` can be any object
 * of the application, such as bindings that all requests share, so that it does not count by itself.
 */
export function carriersOf(request: HttpRequest): readonly object[] {
  const native = memberOf(request, 'native')
  // Koa has the request of Node in `req`, Fastify in `raw`. Hono has the web `Request` in `req.raw`.
  const inContext = memberOf(native, 'req')
  const found = [native, memberOf(native, 'raw'), inContext, memberOf(inContext, 'raw')].find(isServerRequest)
  return found === undefined ? [request] : [found, native as object]
}

function isServerRequest(value: unknown): value is object {
  return isRecord(value) && ('rawHeaders' in value || Reflect.get(value, Symbol.toStringTag) === 'Request')
}

import { createProtect, type ProtectOptions, scopes } from '@tollgate/express'
import { openApiSecurity } from '@tollgate/express/openapi'

/** Where the router is hidden, each operation names its middleware, or its guards. */
export function describeOperations(options: ProtectOptions): object {
  const protect = createProtect(options)
  const readOrders = protect(scopes('orders:read')) // the same middleware as in the route
  const api = openApiSecurity(protect)
  return {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1.0.0' },
    paths: {
      '/health': { get: { security: [], responses: { 200: { description: 'OK' } } } },
      '/orders': {
        get: {
          security: api.securityOf(readOrders),
          responses: { 200: { description: 'OK' }, ...api.responsesOf(readOrders) },
        },
      },
    },
    components: { securitySchemes: api.securitySchemes },
  }
}

import { invalidOption, isGuard } from '@tollgate/core/adapter'
import type { FastifyInstance } from 'fastify'
import { nearestTo, rootOf } from './scope.ts'

/**
 * Closes the routes of the scopes that have no registration around them, when their `config.auth` has guards. Without
 * this they would be open: a plugin without `fastify-plugin` registers tollgate for its own scope only. Other values of
 * `config.auth` can belong to another package there.
 */
export function closeOtherScopes(app: FastifyInstance): void {
  const root = rootOf(app)
  if (root === app || closed.has(root)) {
    return
  }
  closed.add(root)
  root.addHook('onRequest', (request, _reply, done) => {
    const { auth } = request.routeOptions.config as { readonly auth?: unknown }
    if (nearestTo(request.server) === undefined && [auth].flat().some(isGuard)) {
      throw invalidOption(
        'Expected @tollgate/fastify in the scope of a route with guards in `config: { auth }`: register it there or above, or wrap the plugin that registers it with fastify-plugin',
      )
    }
    done()
  })
}

const closed = new WeakSet<object>()

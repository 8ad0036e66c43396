import type { FastifyInstance } from 'fastify'
import type { Protect } from './app-protect.ts'

/** What one registration of the plugin adds to its scope, and to the scopes within. */
export interface ScopeDecoration {
  readonly protect: Protect
  /** The members of the request that this registration and those around it own. */
  readonly members: ReadonlySet<string>
}

/** The name `protect` itself can belong to another plugin in a scope within. */
const nearest = Symbol('protect of the nearest scope')

/** The nearest registration around a scope. `undefined` without one. */
export function nearestTo(scope: object): ScopeDecoration | undefined {
  return (scope as { readonly [nearest]?: ScopeDecoration })[nearest]
}

/** Whether the plugin is registered in this scope itself. */
export function isRegisteredIn(scope: object): boolean {
  return Object.hasOwn(scope, nearest)
}

/** Makes this registration the nearest one of a scope. */
export function setNearest(app: FastifyInstance, decoration: ScopeDecoration): void {
  app.decorate(nearest, decoration)
}

/** The scope at the top. A scope inherits from the scope around it. */
export function rootOf(app: FastifyInstance): FastifyInstance {
  const around = Object.getPrototypeOf(app) as Partial<FastifyInstance> | null
  return typeof around?.addHook === 'function' ? rootOf(around as FastifyInstance) : app
}

import { invalidOption } from '@tollgate/core/adapter'
import type { FastifyInstance } from 'fastify'
import type { ScopeDecoration } from './scope.ts'
import type { Protect } from './app-protect.ts'

/**
 * Adds `request.<name>`, `app.<name>` and `app.protect`. Throws a `TypeError` when another plugin owns one of them in
 * this scope. Fastify itself would throw an error that names no fix.
 */
export function decorateScope(app: FastifyInstance, protect: Protect, name: string, outer?: ScopeDecoration): void {
  if (outer?.members.has(name) !== true) {
    decorateRequest(app, name)
  }
  // A scope within has a `protect` of its own. Its name can be another plugin's in the scopes around.
  if (Object.hasOwn(app, 'protect')) {
    throw invalidOption(
      'app.protect is taken in this scope: another plugin decorates it. Register @tollgate/fastify and the protected routes in a scope of their own: app.register(async (scope) => { await scope.register(tollgate, options) })',
    )
  }
  app.decorate('protect', protect)
  decorateAccessor(app, protect.auth, name)
}

function decorateRequest(app: FastifyInstance, name: string): void {
  if (app.hasRequestDecorator(name)) {
    const other = name === 'token' ? 'accessToken' : 'token'
    throw invalidOption(
      `request.${name} is taken: Fastify itself or another plugin, such as Clerk, owns the name. Choose another name for the token with the option \`decorate: '${other}'\`; then request.${other} and app.${other}(request) are the token`,
    )
  }
  app.decorateRequest(name, undefined)
}

/** @fastify/auth can own `app.auth`. Then `app.protect.auth(request)` does the same. */
function decorateAccessor(app: FastifyInstance, auth: Protect['auth'], name: string): void {
  const taken = app.hasDecorator(name) ? (app as unknown as Readonly<Record<string, unknown>>)[name] : undefined
  if (taken === undefined || accessors.has(taken as object)) {
    accessors.add(auth)
    app.decorate(name, auth)
  } else if (name !== 'auth') {
    throw invalidOption(
      `app.${name} is taken: Fastify itself or another plugin owns the name. Choose another name for the token with the option \`decorate\``,
    )
  }
}

const accessors = new WeakSet<object>()

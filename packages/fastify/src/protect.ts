// oxlint-disable typescript/no-unnecessary-type-arguments -- applications declare TypedClaims
import type { HttpRequest } from '@tollgate/core'
import { createProtectFor, nodeHeaders, type ProtectSettings } from '@tollgate/core/adapter'
import { formOf } from './form.ts'
import { type ScopeRules, toHook } from './hook.ts'
import type { ProtectedRequest } from './request.ts'
import type { Protect, TypedClaims } from './augment.ts'

const made = new WeakSet<object>()

/** Whether one of these hooks comes from `app.protect(…)`, of any scope. */
export function isAmong(hooks: readonly unknown[]): boolean {
  return hooks.some((hook) => typeof hook === 'function' && made.has(hook))
}

/**
 * Creates `app.protect`: it takes guards and returns a hook. A route whose config says `'optional'` makes the hook of
 * its scope optional.
 */
export function createProtect(protection: ProtectSettings<TypedClaims>, rules: ScopeRules): Protect {
  return createProtectFor(protection, {
    toHttpRequest,
    // Fastify itself accepts no routes and hooks after the start.
    expectAtStart: () => undefined,
    isAt: ({ routeOptions }, path) => routeOptions.url === path,
    toMiddleware: (authenticate, optional) => {
      const hook = toHook({ authenticate, optional, ...rules })
      made.add(hook)
      return hook
    },
  })
}

function toHttpRequest(request: ProtectedRequest): HttpRequest {
  const { raw, headers, method, originalUrl } = request
  const lines = nodeHeaders({ rawHeaders: raw.rawHeaders, headers })
  return { method, url: originalUrl, headers: lines, form: formOf(request), native: request }
}

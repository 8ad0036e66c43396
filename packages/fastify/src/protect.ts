// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import { createProtectFor, type Protection } from '@tollgate/core/adapter'
import { type ScopeRules, toHook } from './hook.ts'
import { toHttpRequest } from './request.ts'
import type { Protect, TypedClaims } from './augment.ts'

const made = new WeakSet<object>()

/** Whether one of the hooks of a route is ours, whatever scope it comes from. */
export function isAmong(hooks: readonly unknown[]): boolean {
  return hooks.some((hook) => typeof hook === 'function' && made.has(hook))
}

/** What `app.protect` is: guards in, hooks out. A route whose config says `'optional'` makes optional what protects its scope. */
export function createProtect(protection: Protection<TypedClaims>, rules: ScopeRules): Protect {
  return createProtectFor(protection, {
    toHttpRequest,
    toMiddleware: (admit, admitOptional) => {
      const hook = toHook({ admit, admitOptional, ...rules })
      made.add(hook)
      return hook
    },
  })
}

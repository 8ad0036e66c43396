// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import type { Guard } from '@tollgate/core'
import { type Admit, createProtectFor, type Protection } from '@tollgate/core/adapter'
import { type Answering, toHook } from './hook.ts'
import { type ProtectedRequest, toHttpRequest } from './request.ts'
import type { Hook, Protect, TypedClaims } from './types.ts'

const made = new WeakSet<object>()

/** Whether one of the hooks of a route is ours, whatever scope it comes from. */
export function isAmong(hooks: readonly unknown[]): boolean {
  return hooks.some((hook) => typeof hook === 'function' && made.has(hook))
}

/** What `app.protect` is: guards in, hooks out. A route whose config says `'optional'` makes optional what protects its scope. */
export function createProtect(protection: Protection<TypedClaims>, answering: Answering): Protect {
  const admitBy = createProtectFor(protection, { toHttpRequest, toMiddleware: (admit) => admit })

  function hook(admit: Admit<ProtectedRequest, TypedClaims>, admitOptional = admit): Hook {
    const one = toHook({ admit, admitOptional, ...answering })
    made.add(one)
    return one
  }

  const { auth, optional, validator } = admitBy
  return Object.assign((...guards: readonly Guard[]) => hook(admitBy(...guards), optional(...guards)), {
    auth,
    optional: Object.assign((...guards: readonly Guard[]) => hook(optional(...guards)), { auth: optional.auth }),
    validator,
  })
}

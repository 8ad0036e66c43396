import type { Guard } from '@tollgate/core'
import { describe, invalidOption } from '@tollgate/core/adapter'
import type { Hook, Protect } from './augment.ts'
import type { RouteAuth } from './request.ts'

/**
 * The demands of a route. `undefined` when its config has no `auth`. A value of `undefined` is an error, because a
 * guard may be missing. An `auth` that the config inherits from a class is an error too, because ignoring it would open
 * the route.
 */
export function authOf(config: object = {}, url?: string): RouteAuth | undefined {
  if (!Object.hasOwn(config, 'auth')) {
    expectNotInherited(Object.getPrototypeOf(config), url)
    return undefined
  }
  const { auth } = config as { readonly auth?: unknown }
  if (typeof auth === 'boolean' || auth === 'optional' || (typeof auth === 'object' && auth !== null)) {
    return auth as RouteAuth
  }
  const what = typeof auth === 'string' ? `'${auth.slice(0, 40)}'` : describe(auth)
  throw invalidOption(
    `Expected \`config: { auth }\`${url === undefined ? '' : ` of the route ${url}`} to be a guard or several, such as scopes('…'), or true, 'optional' or false, got ${what}`,
  )
}

/** Creates the hook of a route from its `config.auth`, once. Throws a `TypeError` for a value that is no guard. */
export function createRouteHooks(protect: Protect): (auth: Exclude<RouteAuth, false>) => Hook {
  const hooks = new Map<unknown, Hook>([
    [true, protect()],
    ['optional', protect.optional()],
  ])

  return (auth) => {
    const hook = hooks.get(auth) ?? protect(...([auth].flat() as Guard[]))
    hooks.set(auth, hook)
    return hook
  }
}

/** `Object.prototype` does not count, because any part of the application may have changed it. */
function expectNotInherited(prototype: object | null, url = ''): void {
  if (prototype === null || prototype === Object.prototype) {
    return
  }
  if (Object.hasOwn(prototype, 'auth')) {
    throw invalidOption(`Expected \`auth\` to be a member of the config of the route ${url} itself, not of its class`)
  }
  expectNotInherited(Object.getPrototypeOf(prototype), url)
}

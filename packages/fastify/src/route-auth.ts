import type { Guard } from '@tollgate/core'
import { describe, invalidOption, isRecord, own } from '@tollgate/core/adapter'
import type { RouteOptions } from 'fastify'
import { expectNoMisspeltAuth } from './config-mistakes.ts'
import type { RouteAuth } from './request.ts'
import type { Hook, Protect } from './app-protect.ts'

/**
 * The demands of a route. `undefined` when its config has no `auth`. A value of `undefined` is an error, because a
 * guard may be missing. An `auth` that the config inherits from a class is an error too, because ignoring it would open
 * the route. A member that looks like a misspelt `auth` is an error for the same reason.
 */
export function authOf(config: object = {}, url?: string): RouteAuth | undefined {
  const place = url === undefined ? '' : ` of the route ${url}`
  expectNoMisspeltAuth(config, place)
  if (!Object.hasOwn(config, 'auth')) {
    expectNotInherited(Object.getPrototypeOf(config), place)
    return undefined
  }
  const { auth } = config as { readonly auth?: unknown }
  if (typeof auth === 'boolean' || auth === 'optional' || (typeof auth === 'object' && auth !== null)) {
    return auth as RouteAuth
  }
  const what = typeof auth === 'string' ? `'${auth.slice(0, 40)}'` : describe(auth)
  throw invalidOption(
    `Expected \`config: { auth }\`${place} to be a guard or several, such as scopes('…'), or true, 'optional' or false, got ${what}`,
  )
}

const known = new WeakMap<object, RouteAuth | 'none'>()

/** The same for a config that no code changes any more. It is examined once. */
export function authOfFinal(config: object): RouteAuth | undefined {
  const seen = known.get(config)
  if (seen !== undefined) {
    return seen === 'none' ? undefined : seen
  }
  const auth = authOf(config)
  known.set(config, auth ?? 'none')
  return auth
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

/**
 * Fixes `config.auth` of a route. An `onRoute` hook of another plugin runs later and can replace the config. It throws a
 * `TypeError` when the new config lacks the demands, because the route would be open.
 */
export function fixAuth(route: RouteOptions, auth: RouteAuth): void {
  let config = withFixedAuth(route.config, auth, route.url)
  Object.defineProperty(route, 'config', {
    enumerable: true,
    configurable: false,
    get: () => config,
    set: (next: unknown) => {
      if (!isRecord(next) || own(next, 'auth') !== auth) {
        throw changedAuth(route.url)
      }
      config = withFixedAuth(next, auth, route.url)
    },
  })
}

/** Fastify copies the own members of the config and none that it inherits. */
function withFixedAuth(config: object | undefined, auth: RouteAuth, url: string): object {
  return Object.defineProperty({ ...config }, 'auth', {
    enumerable: true,
    configurable: false,
    get: () => auth,
    set: (next: unknown) => {
      if (next !== auth) {
        throw changedAuth(url)
      }
    },
  })
}

function changedAuth(url: string): TypeError {
  return invalidOption(
    `An \`onRoute\` hook of another plugin replaced or removed \`config: { auth }\` of the route ${url}. Register that plugin before @tollgate/fastify, or let its hook copy the config: { ...route.config, … }`,
  )
}

/** `Object.prototype` does not count, because any part of the application may have changed it. */
function expectNotInherited(prototype: object | null, place: string): void {
  if (prototype === null || prototype === Object.prototype) {
    return
  }
  if (Object.hasOwn(prototype, 'auth')) {
    throw invalidOption(`Expected \`auth\` to be a member of the config${place} itself, not of its class`)
  }
  expectNotInherited(Object.getPrototypeOf(prototype), place)
}

import type { Guard } from '@tollgate/core'
import { invalidOption } from '@tollgate/core/adapter'
import type { Hook, Protect } from './types.ts'

/**
 * What a route demands, in `config: { auth }`: the guards of it, `true` for a valid token alone, `'optional'` for one that may be absent,
 * or `false` for nothing at all, also where the scope around it is protected.
 */
export type RouteAuth = boolean | 'optional' | Guard | readonly Guard[]

/** What a route demands; `undefined` when it does not say. One that says `undefined` means something else: no guard of that name, say. */
export function authOf(config: object = {}): RouteAuth | undefined {
  if (!('auth' in config)) {
    return undefined
  }
  if (config.auth === undefined) {
    throw invalidOption('Expected `config: { auth }` to be guards, true, false or `optional`, got undefined')
  }
  return config.auth as RouteAuth
}

/** Makes the hook of a route from its `config.auth`, once; a `TypeError` for what cannot be meant. */
export function createRouteHooks(protect: Protect): (auth: Exclude<RouteAuth, false>) => Hook {
  const hooks = new Map<unknown, Hook>([
    [true, protect()],
    ['optional', protect.optional()],
  ])

  return (auth) => {
    // Whatever else it is, `protect` says what is wrong with it.
    const hook = hooks.get(auth) ?? protect(...([auth].flat() as Guard[]))
    hooks.set(auth, hook)
    return hook
  }
}

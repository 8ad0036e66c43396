import type { Guard } from '@tollgate/core'
import type { Hook, Protect } from './types.ts'

/**
 * What a route demands, in `config: { auth }`: the guards of it, `true` for a valid token alone, `'optional'` for one that may be absent,
 * or `false` for nothing at all, also where the scope around it is protected.
 */
export type RouteAuth = boolean | 'optional' | Guard | readonly Guard[]

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

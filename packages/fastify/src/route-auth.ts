import type { Guard } from '@tollgate/core'
import { describe, invalidOption } from '@tollgate/core/adapter'
import type { Hook, Protect } from './augment.ts'

/**
 * What a route demands, in `config: { auth }`: the guards of it, `true` for a valid token alone, `'optional'` for one that may be absent,
 * or `false` for nothing at all. The last two hold also where the scope around is protected.
 */
export type RouteAuth = boolean | 'optional' | Guard | readonly Guard[]

/** What a route demands; `undefined` when it does not say. One that says `undefined` means something else: no guard of that name, say. */
export function authOf(config: object = {}, url?: string): RouteAuth | undefined {
  if (!('auth' in config)) {
    return undefined
  }
  const { auth } = config
  if (typeof auth === 'boolean' || auth === 'optional' || (typeof auth === 'object' && auth !== null)) {
    return auth as RouteAuth
  }
  const what = typeof auth === 'string' ? `'${auth.slice(0, 40)}'` : describe(auth)
  throw invalidOption(
    `Expected \`config: { auth }\`${url === undefined ? '' : ` of the route ${url}`} to be a guard or several, such as scopes('…'), or true, 'optional' or false, got ${what}`,
  )
}

/** Makes the hook of a route from its `config.auth`, once; a `TypeError` for what is no guard. */
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

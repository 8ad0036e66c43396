import type { AccessToken, Guard, RawClaims, Validator } from '@tollgate/core'
import type { Context, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'

/** The variables after `protect(…)`: `c.get('auth')` is the access token. */
export interface Protected<Claims = RawClaims> {
  Variables: { auth: AccessToken<Claims> }
}

/** Creates middleware: every request needs a valid access token that the guards accept. */
export type Protect<Claims = RawClaims> = (...guards: readonly Guard[]) => MiddlewareHandler<Protected<Claims>>

export function createProtect<Claims>(validator: Validator<Claims>): Protect<Claims> {
  // Two layers validate a token once. The map is private, because any middleware can write to `c.var`.
  const tokens = new WeakMap<Context, AccessToken<Claims>>()

  return (...guards) => {
    const guard = validator.combine(...guards)
    return createMiddleware<Protected<Claims>>(async (c, next) => {
      const request = c.req.raw
      try {
        const known = tokens.get(c) ?? (await validator.authenticateOptional(request))
        const token = await validator.authorize(known, request, guard)
        tokens.set(c, token)
        c.set('auth', token)
      } catch (error) {
        const response = validator.respond(error)
        return c.newResponse(response.body, response)
      }
      return next()
    })
  }
}

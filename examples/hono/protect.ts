import type { AccessToken, RawClaims, Guard, Validator } from '@tollgate/core'
import type { Context, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'

/** What `c.get('auth')` is after `protect(…)`. */
export interface Protected<Claims = RawClaims> {
  Variables: { auth: AccessToken<Claims> }
}

export type Protect<Claims = RawClaims> = (...guards: readonly Guard[]) => MiddlewareHandler<Protected<Claims>>

export function createProtect<Claims>(validator: Validator<Claims>): Protect<Claims> {
  // Two layers judge a request once. What others have put into `c.var` is not taken for a verdict.
  const judged = new WeakMap<Context, AccessToken<Claims>>()

  return (...guards) => {
    const guard = validator.combine(...guards)
    return createMiddleware<Protected<Claims>>(async (c, next) => {
      const request = c.req.raw
      try {
        const token = judged.get(c) ?? (await validator.authenticateOptional(request))
        const admitted = await validator.authorize(token, request, guard)
        judged.set(c, admitted)
        c.set('auth', admitted)
      } catch (error) {
        const answer = validator.respond(error)
        return c.newResponse(answer.body, answer)
      }
      return next()
    })
  }
}

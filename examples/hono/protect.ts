import type { AccessToken, Guard, Validator } from '@tollgate/core'
import type { Context, MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'

/** What `c.get('auth')` is after `protect(…)`. */
export interface Protected {
  Variables: { auth: AccessToken }
}

export type Protect = (...guards: readonly Guard[]) => MiddlewareHandler<Protected>

export function createProtect(validator: Validator): Protect {
  // Two layers judge a request once. What others have put into `c.var` is not taken for a verdict.
  const judged = new WeakMap<Context, AccessToken>()

  return (...guards) => {
    const guard = validator.combine(...guards)
    return createMiddleware<Protected>(async (c, next) => {
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

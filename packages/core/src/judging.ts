import type { AccessToken } from './access-token.ts'
import type { Guard } from './guards/guard.ts'
import type { HttpRequest } from './request/http-request.ts'
import type { Soon } from './soon.ts'

/** A validator as a gate uses it: what is known at once need not be waited for. */
export interface Judging<Claims> {
  /** As `authenticateOptional`. */
  readonly judge: (request: HttpRequest) => Soon<AccessToken<Claims> | undefined>
  /** As `authorize`, by a guard that `combine` has made. */
  readonly authorize: (
    token: AccessToken<Claims> | undefined,
    request: HttpRequest,
    guard: Guard,
  ) => Soon<AccessToken<Claims>>
}

/** What a gate uses of a validator, be it ours, a wrapper, or one that a test has put others' methods on. */
interface PublicFace<Claims> {
  readonly authenticateOptional: (request: HttpRequest) => Promise<AccessToken<Claims> | undefined>
  readonly authorize: (
    token: AccessToken<Claims> | undefined,
    request: HttpRequest,
    guard: Guard,
  ) => Promise<AccessToken<Claims>>
}

/** By the method that makes a promise of it. */
const atOnce = new WeakMap<object, unknown>()

/** Says what does the same as the methods of a validator, at once when it can. */
export function introduce<Claims>(
  { authenticateOptional, authorize }: PublicFace<Claims>,
  judging: Judging<Claims>,
): void {
  atOnce.set(authenticateOptional, judging.judge)
  atOnce.set(authorize, judging.authorize)
}

export function judgingOf<Claims>(validator: PublicFace<Claims>): Judging<Claims> {
  const [judgeLike, authorizeLike] = [createLookUp(), createLookUp()]
  return {
    judge: (request) => {
      const quicker = judgeLike(validator.authenticateOptional) as Judging<Claims>['judge'] | undefined
      return quicker === undefined ? Promise.resolve(validator.authenticateOptional(request)) : quicker(request)
    },
    authorize: (token, request, guard) => {
      const quicker = authorizeLike(validator.authorize) as Judging<Claims>['authorize'] | undefined
      return quicker === undefined
        ? Promise.resolve(validator.authorize(token, request, guard))
        : quicker(token, request, guard)
    },
  }
}

/** Finds what does at once the same as a method; anew when it is another method than before, which is seldom. */
function createLookUp(): (method: object) => unknown {
  let last: object | undefined
  let found: unknown
  return (method) => {
    if (method !== last) {
      found = atOnce.get(method)
      last = method
    }
    return found
  }
}

import type { AccessToken } from './access-token.ts'
import type { Guard } from './guards/guard.ts'
import type { HttpRequest } from './http-request.ts'
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

interface PublicFace<Claims> {
  authenticateOptional(request: HttpRequest): Promise<AccessToken<Claims> | undefined>
  authorize(token: AccessToken<Claims> | undefined, request: HttpRequest, guard: Guard): Promise<AccessToken<Claims>>
}

const known = new WeakMap<object, unknown>()

/** Gates will use the validator by this. */
export function introduce<Claims>(validator: PublicFace<Claims>, judging: Judging<Claims>): void {
  known.set(validator, judging)
}

/** Whatever wraps a validator of ours is used by its public face. */
export function judgingOf<Claims>(validator: PublicFace<Claims>): Judging<Claims> {
  const own = known.get(validator) as Judging<Claims> | undefined
  return (
    own ?? {
      judge: (request) => validator.authenticateOptional(request),
      authorize: (token, request, guard) => validator.authorize(token, request, guard),
    }
  )
}

import { reportFor } from '../create-validator.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { Guard } from '../guards/guard.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { isRefusal, type Refusal } from '../responses/refusal.ts'
import type { Unawaitable } from './unawaitable.ts'

/**
 * Creates a middleware that chooses its guard for each request. The guards must come from `validator.combine`. A refusal
 * in place of a guard refuses the request before its token is validated.
 */
export type ProtectBy<Request, Middleware> = (
  choose: (request: Request, http: HttpRequest) => Guard | Refusal,
) => Unawaitable<Middleware>

const creators = new WeakMap<object, ProtectBy<never, object>>()

/** Notes the function of the `protect` of an adapter. */
export function setProtectBy<Request, Middleware extends object>(
  protect: object,
  by: ProtectBy<Request, Middleware>,
): void {
  creators.set(protect, by as unknown as ProtectBy<never, object>)
}

/**
 * The function of a `protect`, for parts of the library that choose the guard by the request. An application uses
 * `defineGuard`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for any other object.
 */
export function protectByOf<Request, Middleware extends object>(protect: object): ProtectBy<Request, Middleware> {
  const by = creators.get(protect)
  if (by === undefined) {
    throw invalidOption(
      'Expected the `protect` of createProtect, or `app.protect` of the plugin of Fastify, as the first argument',
    )
  }
  return by as unknown as ProtectBy<Request, Middleware>
}

/** The chosen guard. Throws the refusal in its place, as the validator publishes and explains it. */
export async function expectGuard(
  validator: object,
  chosen: Guard | Refusal,
  toHttpRequest: () => HttpRequest,
): Promise<Guard> {
  return isRefusal(chosen) ? reportFor(validator)(toHttpRequest(), () => Promise.reject(chosen)) : chosen
}

import type { Guard } from '../guards/guard.ts'
import { isObject } from '../lib/record.ts'
import { shared } from '../lib/shared-state.ts'
import type { Validator } from '../validator-methods.ts'

/** What a middleware of `protect(…)` enforces, as data. */
export interface Protection {
  readonly guard: Guard
  readonly credentials: 'required' | 'optional'
  readonly validator: Pick<Validator<never>, 'combine'>
  /** Whether a path of `protect.unless` exempts the request. Functions of the application are not called. */
  readonly isExempt: (request: object) => boolean
}

const protections = shared('protections of middleware', () => new WeakMap<object, Protection>())

/** Notes the protection of a middleware, where it is created from the same values. */
export function noteProtection<Middleware extends object>(
  middleware: Middleware,
  { isExempt = () => false, ...protection }: Omit<Protection, 'isExempt'> & Partial<Protection>,
): Middleware {
  protections.set(middleware, { ...protection, isExempt })
  return middleware
}

/** The protection of a middleware that `protect(…)` returned. `undefined` for any other value. */
export function protectionOf(middleware: unknown): Protection | undefined {
  return isObject(middleware) ? protections.get(middleware) : undefined
}

/** The protections of these functions that a request passes, in their order. Other functions have none. */
export function protectionsOf(functions: readonly unknown[], request: object): readonly Protection[] {
  return functions
    .map(protectionOf)
    .filter((protection) => protection !== undefined)
    .filter(({ isExempt }) => !isExempt(request))
}

import { type InvalidOption, invalidOption } from '../lib/invalid-option.ts'

const nameByError = new WeakMap<object, string>()

/** Creates the error for a name that no issuer with these options can have. */
export function rejectedName(name: string, message: string): InvalidOption {
  const error = invalidOption(message)
  nameByError.set(error, name)
  return error
}

/**
 * Whether `trustedIssuer` threw the error because of exactly this name. An error because of another name or another
 * option is not one.
 */
export function isRejectedName(error: unknown, name: string): boolean {
  return typeof error === 'object' && error !== null && nameByError.get(error) === name
}

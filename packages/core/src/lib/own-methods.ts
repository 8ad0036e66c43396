import { shared } from './shared-state.ts'

const ownMethods = shared('methods of validators', () => new WeakSet<object>())

type CheckedMethod = 'authenticate' | 'authenticateOptional'

/** Marks the methods of a validator, so that the methods of a wrapper around it are recognised. */
export function markOwnMethods(validator: object): void {
  ownMethods.add(methodOf(validator, 'authenticate')).add(methodOf(validator, 'authenticateOptional'))
}

/** Whether a validator, or a wrapper around one, has the method of a validator itself. */
export function hasOwnMethod(validator: object, name: CheckedMethod): boolean {
  return ownMethods.has(methodOf(validator, name))
}

function methodOf(validator: object, name: CheckedMethod): object {
  return Reflect.get(validator, name) as object
}

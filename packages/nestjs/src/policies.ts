import type { Guard, Validator } from '@tollgate/core'
import { type Access, type Class, isClass, methodsOf, ruleOf } from './access-rule.ts'

/** The rule of a handler, with the guards of class and method combined. */
interface Policy {
  readonly access: Access
  readonly guard: Guard
}

/** The policy of a handler of a class. Each is created once, because several classes can inherit one method. */
export type Policies = (type: unknown, handler: unknown) => Policy

export function createPolicies<Claims>(validator: Validator<Claims>): Policies {
  const policiesOf = new WeakMap<Class, WeakMap<object, Policy>>()
  const unguarded = validator.combine()

  function createPolicy(type: Class, handler: object): Policy {
    expectMember(type, handler)
    const { access, guards } = ruleOf(type, handler)
    return { access, guard: guards.length === 0 ? unguarded : validator.combine(...guards) }
  }

  return (type, handler) => {
    const { type: known, handler: method } = expectHandler(type, handler)
    const policies = policiesOf.get(known) ?? new WeakMap<object, Policy>()
    policiesOf.set(known, policies)
    const policy = policies.get(method) ?? createPolicy(known, method)
    policies.set(method, policy)
    return policy
  }
}

function expectMember(type: Class, handler: object): void {
  if (!methodsOf(type).some((method) => method.handler === handler)) {
    throw new TypeError(
      `Expected a handler of ${type.name} to be a method of the class: a proxy, or an assignment in the constructor, has replaced it, and its decorators are lost`,
    )
  }
}

function expectHandler(type: unknown, handler: unknown): { readonly type: Class; readonly handler: object } {
  if (!isClass(type) || typeof handler !== 'function') {
    throw new TypeError('Expected a call of a method of a class: other calls have no decorators')
  }
  return { type, handler }
}

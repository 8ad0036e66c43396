import type { Guard } from '@tollgate/core'
import { invalidOption } from '@tollgate/core/adapter'

/** How a handler treats credentials. `'public'` reads none. `'optional'` accepts a request without credentials. */
export type Access = 'protected' | 'optional' | 'public'

/** The rule of one class or one method, as its decorators say. */
export interface AccessRule {
  readonly access: Access
  readonly guards: readonly Guard[]
}

/** A class, as Nest knows it. */
export type Class = abstract new (...args: never[]) => object

/** A stable key, so that decorators that copy metadata and two copies of this package agree. */
const ruleKey = Symbol.for('tollgate.nestjs.rule')

/** Adds a rule to a class, or to the function of a method. Rules of the same kind on one target are merged. */
export function addRule(rule: AccessRule, target: object, name?: string | symbol, method?: PropertyDescriptor): void {
  const subject = name === undefined ? target : expectMethod(target, name, method)
  const present = ownRuleOf(subject)
  if (present !== undefined && present.access !== rule.access) {
    throw invalidOption(
      `Expected one of @Public(), @OptionalAuth(…), and @Protect(…) or @Scopes(…), on ${titleOf(target, name)}, got two. An optional route with guards is @OptionalAuth(scopes('…'))`,
    )
  }
  const merged: AccessRule = { access: rule.access, guards: [...rule.guards, ...(present?.guards ?? [])] }
  Reflect.defineMetadata(ruleKey, merged, subject)
  if (name !== undefined) {
    Reflect.defineMetadata(ruleKey, merged, target, name)
  }
}

/** The rule on a class or a function itself. */
export function ownRuleOf(subject: object): AccessRule | undefined {
  return Reflect.getOwnMetadata(ruleKey, subject) as AccessRule | undefined
}

/** Whether a decorator has given a rule to this method, here or in a base class, and whatever replaced its function. */
export function hadRule(prototype: object, name: string): boolean {
  return Reflect.hasMetadata(ruleKey, prototype, name)
}

/**
 * The rule of a class. A subclass inherits the guards of its base class. It does not inherit `@Public()` or
 * `@OptionalAuth()`, because an exception for one class must not open another.
 */
export function classRuleOf(type: Class): AccessRule | undefined {
  const rule = ownRuleOf(type)
  if (rule?.access === 'public') {
    return rule
  }
  const base: unknown = Object.getPrototypeOf(type)
  const inherited = isClass(base) ? classRuleOf(base) : undefined
  if (rule === undefined) {
    return inherited && { access: 'protected', guards: inherited.guards }
  }
  return { access: rule.access, guards: [...(inherited?.guards ?? []), ...rule.guards] }
}

/** The rule of a handler: the guards of its class and its own. Its own access takes precedence over that of the class. */
export function ruleOf(type: Class, handler: object): AccessRule {
  const ofClass = classRuleOf(type)
  const ofMethod = ownRuleOf(handler)
  const access = ofMethod?.access ?? ofClass?.access ?? 'protected'
  return { access, guards: access === 'public' ? [] : [...(ofClass?.guards ?? []), ...(ofMethod?.guards ?? [])] }
}

/** The methods of a class and of its base classes, each with the prototype that declares it. */
export function methodsOf(
  type: Class,
): readonly { readonly name: string; readonly handler: object; readonly declaredBy: object }[] {
  const names = new Set<string>()
  const methods = []
  for (const prototype of prototypesOf(type)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value === 'function' && name !== 'constructor' && !names.has(name)) {
        methods.push({ name, handler: value as object, declaredBy: prototype })
      }
      names.add(name)
    }
  }
  return methods
}

function prototypesOf(type: Class): readonly object[] {
  const prototypes: object[] = []
  let prototype: unknown = type.prototype
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    prototypes.push(prototype)
    prototype = Object.getPrototypeOf(prototype)
  }
  return prototypes
}

export function isClass(value: unknown): value is Class {
  return typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null
}

function expectMethod(target: object, name: string | symbol, method: PropertyDescriptor | undefined): object {
  const subject: unknown = method?.value
  if (typeof subject !== 'function' || typeof target === 'function') {
    throw invalidOption(
      `Expected ${titleOf(target, name)} to be a method: Nest runs no guard for a property, an accessor or a static method`,
    )
  }
  return subject
}

function titleOf(target: object, name: string | symbol | undefined): string {
  const type = typeof target === 'function' ? target : target.constructor
  return name === undefined ? `the class ${type.name}` : `${type.name}.${String(name)}`
}

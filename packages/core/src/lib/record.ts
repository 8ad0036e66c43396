/** The own member of a JSON object. `undefined` when `value` is no object, or has no such member of its own. */
export function own(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The same for a text. `undefined` for any other type. */
export function ownText(value: unknown, name: string): string | undefined {
  const member = own(value, name)
  return typeof member === 'string' ? member : undefined
}

/** The own member. A member that is `null` or empty is absent, because some servers write absent members so. */
export function ownPresent(value: unknown, name: string): unknown {
  const member = own(value, name)
  return member === null || member === '' ? undefined : member
}

/**
 * The member of an object or of its class. A name that another part of the application added to `Object.prototype` counts
 * only as an own member.
 */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && !(name in Object.prototype) ? value[name] : own(value, name)
}

/** A JSON object as a record, and anything else as an empty one. It can inherit members: read them with `own`. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : (Object.create(null) as Record<string, unknown>)
}

/** Whether a value is an object of any kind, such as an array or a function. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

/** Whether a value is an object, and no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * The own members of a foreign object, without `__proto__`, in an object without a prototype. Members that another part
 * of the application added to `Object.prototype` do not show. A value that is no object, or is an array, has no
 * members.
 */
export function ownMembers(value: unknown): Readonly<Record<string, unknown>> {
  const members = Object.create(null) as Record<string, unknown>
  for (const [name, member] of Object.entries(asRecord(value))) {
    if (name !== '__proto__') {
      members[name] = member
    }
  }
  return members
}

/** Whether a value is an object literal. A `Headers`, for example, has no own members, and would add nothing. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)
}

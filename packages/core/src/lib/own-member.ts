/**
 * A member of foreign data, such as parsed JSON. It reads own members only, because another part of the application may have polluted
 * `Object.prototype`. A value that is no object has no members.
 */
export function ownMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

/** Whether a value is an object, and no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own member of a foreign object. `undefined` when there is none. */
export function ownMember(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The same for a text. */
export function ownText(value: unknown, name: string): string | undefined {
  const member = ownMember(value, name)
  return typeof member === 'string' ? member : undefined
}

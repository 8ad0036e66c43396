/**
 * Copies the own members of an options object to an object without a prototype. A polluted `Object.prototype` can
 * therefore set no option. Throws a `TypeError` if `value` is no object, or has a member that `known` does not list.
 */
export function ownMembers<Options extends object>(
  value: Options,
  name: string,
  known: readonly (keyof Options & string)[],
): Options {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`Expected ${name} to be an object with these members: ${known.join(', ')}`)
  }
  const unknown = Object.keys(value).filter((member) => !known.some((expected) => expected === member))
  if (unknown.length > 0) {
    throw new TypeError(`Unknown member \`${unknown.join()}\` of ${name}; the members are ${known.join(', ')}`)
  }
  return Object.assign(Object.create(null), value)
}

export function expectText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`Expected \`${name}\` to be a string that is not empty`)
  }
}

export function expectOneOf(value: unknown, name: string, words: readonly string[]): void {
  if (!words.some((word) => word === value)) {
    throw new TypeError(`Expected ${name} to be one of ${words.map((word) => `'${word}'`).join(', ')}`)
  }
}

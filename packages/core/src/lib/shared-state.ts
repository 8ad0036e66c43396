/**
 * The layout of the shared values. Copies of the library with another layout have a state of their own. Raise it when a
 * shared object gets a member that an older copy must not ignore, such as an option of an issuer that is a check.
 */
const layout = 1

const state = Symbol.for(`tollgate.state/${layout}`)

/**
 * A value that all copies of the library in this process share, because an application can load the library twice. Then
 * each copy recognises the guards, the issuers and the client authentications of the other.
 */
export function shared<Value>(name: string, create: () => Value): Value {
  const holder = globalThis as { [state]?: Map<string, unknown> }
  if (holder[state] === undefined) {
    Object.defineProperty(holder, state, { value: new Map() })
  }
  const values = holder[state] as Map<string, unknown>
  if (!values.has(name)) {
    values.set(name, create())
  }
  return values.get(name) as Value
}

const kind = Symbol.for('tollgate.kind')

/** Marks an object, so that a copy with another layout can at least name it. */
export function markKind<Marked extends object>(object: Marked, name: 'guard' | 'issuer'): Marked {
  return Object.defineProperty(object, kind, { value: name })
}

/** The mark of an object that any copy of the library created. `undefined` for any other value. */
export function kindOf(value: unknown): string | undefined {
  const name = typeof value === 'object' && value !== null ? (value as { readonly [kind]?: unknown })[kind] : undefined
  return typeof name === 'string' ? name : undefined
}

/** The end of a message about an object that another copy of the library created. Empty for any other value. */
export function hintForCopy(value: unknown): string {
  const name = kindOf(value)
  return name !== undefined
    ? `, got the ${name} of another version of @tollgate/core: this process has loaded two (\`npm ls @tollgate/core\`)`
    : ''
}

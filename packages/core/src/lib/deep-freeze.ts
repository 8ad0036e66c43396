/** Freezes a JSON value and everything in it. `parseJson` bounds its depth and the caller its size. */
export function deepFreeze<Value extends object>(value: Value): Value {
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof member === 'object' && member !== null) {
      deepFreeze(member as object)
    }
  }
  return Object.freeze(value)
}

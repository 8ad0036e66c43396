/** An estimate of the heap that a JSON value takes, on the high side. `parseJson` bounds the depth of the value. */
export function roughSize(value: unknown): number {
  if (typeof value === 'string') {
    return 32 + 2 * value.length
  }
  if (typeof value !== 'object' || value === null) {
    return 16
  }
  const isArray = Array.isArray(value)
  let size = 64
  for (const [name, member] of Object.entries(value)) {
    // An object has a hidden class with a descriptor for each name. An array has a slot for each element.
    size += (isArray ? 8 : 192 + 2 * name.length) + roughSize(member)
  }
  return size
}

/** Stores claim their room at once, for which a validator that does not need it has not to pay. */
export function lazily<Value>(create: () => Value): () => Value {
  let value: Value | undefined
  return () => (value ??= create())
}

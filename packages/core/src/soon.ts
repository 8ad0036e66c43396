/** What is there already, or will be: what can be answered at once is not made to wait for a tick. */
export type Soon<Value> = Value | Promise<Value>

/** Goes on with what is there, at once if it is; or with the error, when it fails to come. */
export function whenThere<Value, Result>(
  soon: Soon<Value>,
  next: (value: Value) => Soon<Result>,
  failed?: (error: unknown) => Soon<Result>,
): Soon<Result> {
  return isLater(soon) ? soon.then(next, failed) : next(soon)
}

/** What work brings or, when it fails, be it at once or later, what is made of its error. */
export function withFailures<Result>(work: () => Soon<Result>, failed: (error: unknown) => Soon<Result>): Soon<Result> {
  try {
    const result = work()
    return isLater(result) ? result.then(undefined, failed) : result
  } catch (error) {
    return failed(error)
  }
}

/** What work brings, for those who are promised a promise. */
export function promised<Result>(work: () => Soon<Result>): Promise<Result> {
  try {
    const result = work()
    return isLater(result) ? result : Promise.resolve(result)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** By what it can do: promises of another realm, of a library, or from before the global one was replaced, are such as well. */
export function isLater<Value>(soon: Soon<Value>): soon is Promise<Value> {
  return typeof (soon as { readonly then?: unknown } | null | undefined)?.then === 'function'
}

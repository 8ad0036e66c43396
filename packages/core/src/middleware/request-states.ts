/**
 * The states of requests, each in a property that no copy of the request gets. A `WeakMap` would cost a quarter of the
 * throughput, because V8 moves its keys to the old generation (docs/performance.md).
 */
export function createStates<Request extends object, State extends object>(): {
  readonly get: (request: Request) => State | undefined
  readonly set: (request: Request, state: State) => State
} {
  const key = Symbol('tollgate')
  return {
    get: (request) => Object.getOwnPropertyDescriptor(request, key)?.value as State | undefined,
    set: (request, state) => {
      Object.defineProperty(request, key, { value: state })
      return state
    },
  }
}

import { isRequestInFlight, observeRequests } from '../lib/requests-in-flight.ts'

/**
 * Returns a check for calls of `protect(…)`. It throws a `TypeError` while the process handles a request that started
 * after this call of `createExpectAtStart`. Earlier requests do not count, because code may load in its first request.
 * The top level of a module that Node loads on demand passes. The check does not recognise the module loaders of
 * development servers, such as that of Vite.
 */
export function createExpectAtStart(): () => void {
  const since = observeRequests()
  return () => {
    if (isRequestInFlight(since) && !isModuleLoading()) {
      throw calledInHandler()
    }
  }
}

/** Whether the caller is the code of a module at its top level, which runs once. */
function isModuleLoading(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = Infinity
  const { stack = '' } = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return stack.includes('node:internal/modules/')
}

/** In a handler, the result of `protect(…)` is lost or awaited. */
function calledInHandler(): TypeError {
  return new TypeError(
    'protect(…) was called while a request is handled, where a lost result protects nothing: call it when the app starts, and give its result to the app or to a route. Where a guard depends on the request, use defineGuard and its `context.native`',
  )
}

import { isRequestInFlight, observeRequests } from '../lib/requests-in-flight.ts'

/** The `TypeError` for a call of `protect(…)` in a handler, where its result is lost or awaited. */
export function calledInHandler(): TypeError {
  return new TypeError(
    'protect(…) was called while a request is handled, where a lost result protects nothing: call it when the app starts, and give its result to the app or to a route. Where a guard depends on the request, use defineGuard and its `context.native`',
  )
}

/**
 * Returns a check that throws when a request is handled that came after this moment. A module that Node loads on demand
 * in a request passes. Does not recognise the module loaders of development servers, such as that of Vite.
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

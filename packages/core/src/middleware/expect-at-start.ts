import { isRequestInFlight, observeRequests } from '../lib/requests-in-flight.ts'

/**
 * Returns a check for calls of `protect(…)`. It throws a `TypeError` while the process handles a request that started
 * after this call of `createExpectAtStart`. Earlier requests do not count, because code may load in its first request.
 */
export function createExpectAtStart(): () => void {
  const since = observeRequests()
  return () => {
    if (isRequestInFlight(since)) {
      throw calledInHandler()
    }
  }
}

/** In a handler, the result of `protect(…)` is lost or awaited. */
function calledInHandler(): TypeError {
  return new TypeError(
    'protect(…) was called while a request is handled, where a lost result protects nothing: call it when the app starts, and give its result to the app or to a route. Where a guard depends on the request, use defineGuard and its `context.native`',
  )
}

import { isRequestInFlight, observeRequests } from '../lib/requests-in-flight.ts'

/** The `TypeError` for a call of `protect(…)` in a handler, where its result is lost or awaited. */
export function calledInHandler(): TypeError {
  return new TypeError(
    'protect(…) was called while a request is handled, where a lost result protects nothing: call it when the app starts, and give its result to the app or to a route. Where a guard depends on the request, use defineGuard and its `context.native`',
  )
}

/**
 * Returns a check that throws when a request is handled that came after this moment. Code that loads on demand, in its
 * first request, still passes.
 */
export function createExpectAtStart(): () => void {
  const since = observeRequests()
  return () => {
    if (isRequestInFlight(since)) {
      throw calledInHandler()
    }
  }
}

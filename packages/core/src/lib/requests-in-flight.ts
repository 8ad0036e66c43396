import { subscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { isRecord } from './record.ts'

/** The number of observed requests. A handler that runs belongs to one of the newest. */
const maxRequests = 64

/** The responses of the newest requests over HTTP/1.1 in this process. A `WeakRef` keeps none of them in memory. */
const responses: WeakRef<ServerResponse>[] = []
let started = 0

/** Begins to observe the requests of this process. A second call does nothing. Returns the number of requests so far. */
export function observeRequests(): number {
  if (started === 0) {
    started = 1
    subscribe('http.server.request.start', note)
  }
  return started
}

/**
 * Whether a request that started after the first `since` requests has no complete response yet. Then the caller
 * probably runs in a handler. Does not see HTTP/2, and no requests without a server of `node:http`.
 */
export function isRequestInFlight(since: number): boolean {
  return responses.some((reference, index) => {
    const response = serialAt(index) >= since ? reference.deref() : undefined
    return response !== undefined && !response.writableEnded && !response.destroyed
  })
}

function note(message: unknown): void {
  const response = isRecord(message) ? message['response'] : undefined
  if (isRecord(response)) {
    responses[started % maxRequests] = new WeakRef(response as object as ServerResponse)
    started += 1
  }
}

/** The number of the newest request that this place of the ring has. */
function serialAt(index: number): number {
  const newest = started - 1
  return newest - ((newest - index) % maxRequests)
}

import { subscribe } from 'node:diagnostics_channel'
import type { ServerResponse } from 'node:http'
import { isRecord } from './record.ts'

/** The number of observed requests. A handler that runs belongs to one of the newest. */
const maxRequests = 64

/** The responses of the newest requests over HTTP/1.1 in this process. A `WeakRef` keeps none of them in memory. */
const responses: WeakRef<ServerResponse>[] = []
/** The serial number of the next request. 0 before the first call of `observeRequests`. */
let nextSerial = 0

/** Observes the requests of this process from the first call on. Returns the serial number of the next request. */
export function observeRequests(): number {
  if (nextSerial === 0) {
    nextSerial = 1
    subscribe('http.server.request.start', note)
  }
  return nextSerial
}

/**
 * Whether the request with the serial number `since`, or a later one, has no complete response yet. Then the caller
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
    responses[nextSerial % maxRequests] = new WeakRef(response as object as ServerResponse)
    nextSerial += 1
  }
}

/** The serial number of the newest request that has this place in the ring. */
function serialAt(index: number): number {
  const newest = nextSerial - 1
  return newest - ((newest - index) % maxRequests)
}

import type { UnderlyingDefaultSource } from 'node:stream/web'
import { isErrorResponse, toResponse } from '../responses/error-response.ts'
import { invalidOption } from '../lib/invalid-option.ts'
import type { Lease } from './lease.ts'

/**
 * A web `Response` whose body ends with the lease, for streams in Hono and in other frameworks with `Request` and
 * `Response`. The lease ends with the body, also when the client goes away. A response without a body ends the lease. If
 * the lease has ended already, the response is its refusal.
 *
 * It does NOT cut off a client that does not read, because only the server has its connection. In Node, bind the
 * `ServerResponse` too.
 *
 * @throws TypeError unless the second argument is a lease.
 */
export function leaseResponse(response: Response, lease: Lease<unknown>): Response {
  const { body, status, statusText, headers } = response
  // Without types, a caller can pass the token instead.
  if (typeof (lease as Partial<typeof lease> | undefined)?.signal?.aborted !== 'boolean') {
    throw invalidOption('Expected the lease of the token as the second argument, such as lease(protect.auth(c))')
  }
  const { signal } = lease
  if (signal.aborted && isErrorResponse(signal.reason)) {
    body?.cancel(signal.reason).catch(() => undefined)
    return toResponse(signal.reason)
  }
  if (body === null) {
    lease.end()
    return response
  }
  return new Response(untilEnd(body, lease), { status, statusText, headers })
}

function untilEnd(body: ReadableStream<Uint8Array>, lease: Lease<unknown>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const { signal } = lease
  let isOpen = true
  const source: UnderlyingDefaultSource<Uint8Array> = {
    start: (controller) => {
      function stop(): void {
        if (isOpen) {
          isOpen = false
          controller.close()
          // The source can stop, because it has no reader any more.
          reader.cancel(signal.reason).catch(() => undefined)
        }
      }
      if (signal.aborted) {
        stop()
      } else {
        signal.addEventListener('abort', stop, { once: true })
      }
    },
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read()
        if (done) {
          lease.end()
        } else if (isOpen) {
          controller.enqueue(value)
        }
      } catch (error) {
        if (isOpen) {
          isOpen = false
          controller.error(error)
          lease.end()
        }
      }
    },
    cancel: async (reason) => {
      isOpen = false
      lease.end()
      await reader.cancel(reason)
    },
  }
  // The source is read when the client reads.
  return new ReadableStream(source, { highWaterMark: 0 })
}

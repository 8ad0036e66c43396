import type { Lease } from './lease.ts'

/**
 * A web `Response` whose body ends with the lease, for streams in Hono and in other frameworks with `Request` and
 * `Response`. The lease ends with the body, also when the client goes away. A response without a body ends the lease.
 */
export function leaseResponse(response: Response, lease: Lease<unknown>): Response {
  if (response.body === null) {
    lease.end()
    return response
  }
  const { status, statusText, headers } = response
  return new Response(untilEnd(response.body, lease), { status, statusText, headers })
}

function untilEnd(body: ReadableStream<Uint8Array>, lease: Lease<unknown>): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const { signal } = lease
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      function stop(): void {
        // The stream can have failed before.
        if (controller.desiredSize !== null) {
          controller.close()
        }
        // The source learns that nobody reads any more.
        reader.cancel(signal.reason).catch(() => undefined)
      }
      if (signal.aborted) {
        stop()
      } else {
        signal.addEventListener('abort', stop, { once: true })
      }
    },
    pull: async (controller) => {
      const { done, value } = await reader.read().catch((error: unknown) => {
        controller.error(error)
        return { done: true, value: undefined } as const
      })
      if (done) {
        lease.end()
      } else if (!signal.aborted) {
        controller.enqueue(value)
      }
    },
    cancel: async (reason) => {
      await reader.cancel(reason)
      lease.end()
    },
  })
}

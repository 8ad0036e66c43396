import { isRefusal, isUnavailable } from '@tollgate/core'
import { type ErrorResponse, type ResponseWriter, toResponse, writeErrorResponse } from '@tollgate/core/adapter'
import type { Context } from 'hono'

/**
 * Responds to a refused request. Headers that other middleware set stay in place. The context gets the response too, so
 * that it is sent when a middleware around this one does not return it.
 */
export function respond(error: ErrorResponse, c: Context): Response {
  if (c.finalized) {
    // A middleware in front has set a response. These headers describe its body.
    c.header('Content-Length', undefined)
    c.header('Content-Encoding', undefined)
  }
  writeErrorResponse(error, {
    ...writerOf(c),
    end: (_status, body) => {
      c.res = c.body(body, error.status)
    },
  })
  return c.res
}

export function writerOf(c: Context): Pick<ResponseWriter, 'set' | 'append'> {
  return {
    set: (name, value) => c.header(name, value),
    append: (name, value) => c.header(name, value, { append: true }),
  }
}

/**
 * The error as `app.onError` gets it. Hono's default error handling sends the response of `getResponse()`. An error
 * handler can replace the `headers` of the error before.
 */
export function withResponse(error: Error): Error {
  if (isRefusal(error) || isUnavailable(error)) {
    Object.defineProperty(error, 'getResponse', {
      value: () => toResponse(error),
      configurable: true,
    })
  }
  return error
}

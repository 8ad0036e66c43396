import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { ErrorHandler, Hono } from 'hono'
import { listen } from '../harness/api.ts'
import { type Received, send, type Sent } from '../harness/send.ts'

export interface Served {
  readonly origin: string
  readonly send: (path: string, sent?: Sent) => Promise<Received>
  /** The errors that the error handling of the app received, oldest first. */
  readonly errors: readonly Error[]
}

/** A Hono app with any variables. */
type App = Pick<Hono, 'fetch'>

/** Serves an app over HTTP/1.1 until the test ends. Its error handling stays, and its errors are recorded. */
export async function serve(app: App): Promise<Served> {
  const errors: Error[] = []
  recordErrors(app, errors)
  // The tests share their globals. examples/hono runs with the globals of @hono/node-server.
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const origin = await listen(createServer((request, response) => void listener(request, response)))
  return { origin, send: (path, sent = {}) => send(origin, { path, ...sent }), errors }
}

/** The default error handling of Hono prints errors without a response. The tests do not. */
function recordErrors(app: App, errors: Error[]): void {
  const handled = app as unknown as { errorHandler: ErrorHandler; readonly onError: (handler: ErrorHandler) => unknown }
  const { errorHandler } = handled
  const isDefault = errorHandler.name === 'errorHandler'
  handled.onError((error, c) => {
    errors.push(error)
    return isDefault && !('getResponse' in error) ? c.text('Internal Server Error', 500) : errorHandler(error, c)
  })
}

export function bearer(token: string): { headers: readonly (readonly [string, string])[] } {
  return { headers: [['Authorization', `Bearer ${token}`]] }
}

export function form(body: string, type = 'application/x-www-form-urlencoded'): Sent {
  return { method: 'POST', headers: [['Content-Type', type]], body }
}

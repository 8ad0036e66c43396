import { type Received, responseTime, type Send, startOf } from '@tollgate/core/testing'

import type { HonoApp } from '../router/hono-app.ts'

/** The path as a client sends it, such as one with two slashes. */
export function requestOf(path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost${path}`, init)
}

/** Sends requests without a server. */
export function sendBy(app: HonoApp): Send {
  return async ({ method, path, headers }) => {
    const signal = AbortSignal.timeout(responseTime)
    const late = new Promise<undefined>((resolve) => {
      signal.addEventListener('abort', () => resolve(undefined))
    })
    try {
      return await Promise.race([receive(app, requestOf(path, { method, headers, signal })), late])
    } catch {
      // A handler threw a value that is no error.
      return undefined
    }
  }
}

async function receive(app: HonoApp, request: Request): Promise<Received> {
  const { status, headers, body } = await app.fetch(request, {})
  return { status, headers: Object.fromEntries(headers), body: body === null ? '' : await startOf(body) }
}

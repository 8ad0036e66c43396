import { once } from 'node:events'
import { createServer, type IncomingMessage, METHODS, request, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestOptions } from './test-options.ts'

/** A request without credentials. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/** The parts of a response that the check uses. Header names are in lower case. */
export interface Received {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Sends a request to the app. `undefined` when it does not respond within 5 s, or ends the connection. */
export type Send = (sent: Sent) => Promise<Received | undefined>

/** Sends each request with the headers of the options. The headers of a request itself take precedence. */
export function withHeaders(send: Send, { headers }: TestOptions): Send {
  return (sent) => send({ ...sent, headers: { ...headers, ...sent.headers } })
}

/** How long a route may take to respond, in milliseconds. A refusal needs no network. */
export const responseTime = 5000

/** The methods that are requested of a route for all methods. */
export const anyMethod = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Whether a route has a handler for each method that Node knows. A router with an older list lacks some. */
export function isForAllMethods(methods: readonly string[]): boolean {
  return methods.length >= METHODS.length - 5
}

/** Serves the app on a free port of loopback while `work` runs. The server of the app itself does not start. */
export async function serveOnLoopback<Result>(
  app: RequestListener,
  work: (send: Send) => Promise<Result>,
): Promise<Result> {
  return withServer(app, (port) => work(async (sent) => sendTo(port, sent)))
}

/** Runs a server on a free port of loopback while `work` runs. */
export async function withServer<Result>(
  listener: RequestListener,
  work: (port: number) => Promise<Result>,
): Promise<Result> {
  const server = createServer(listener)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  try {
    return await work(port)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function sendTo(port: number, { method, path, headers }: Sent): Promise<Received | undefined> {
  const signal = AbortSignal.timeout(responseTime)
  const response = await new Promise<IncomingMessage | undefined>((resolve) => {
    request({ host: '127.0.0.1', port, method, path, headers, agent: false, signal })
      .on('response', resolve)
      .on('upgrade', (upgraded: IncomingMessage, socket) => {
        socket.destroy()
        resolve(upgraded)
      })
      .on('error', () => resolve(undefined))
      .end()
  })
  if (response === undefined) {
    return undefined
  }
  return { status: response.statusCode ?? 0, headers: response.headers, body: await startOf(response) }
}

/**
 * The first 64 KiB of a body as text, or what came before an error. A stream of events does not end. The status and the
 * headers decide without the rest.
 */
export async function startOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > 64 * 1024) {
        break
      }
    }
  } catch {
    return text
  }
  return text
}

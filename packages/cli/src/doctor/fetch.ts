import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Duplex } from 'node:stream'
import { readBytes } from '../read-bytes.ts'

/** A response of a server. */
export interface Fetched {
  readonly url: string
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Milliseconds since the epoch: the middle between the request and the response. */
  readonly at: number
}

/** Why there is no response. `code` is that of Node. */
export interface Failure {
  readonly url: string
  readonly kind: 'network' | 'tls' | 'timeout' | 'incomplete' | 'too-large'
  readonly code: string | undefined
}

export interface FetchOptions {
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Milliseconds for a request, to the last byte of its response. */
export const deadline = 5000
const maxBytes = 512 * 1024

export function isFailure(result: Fetched | Failure): result is Failure {
  return 'kind' in result
}

/** Sends one request. It follows no redirects. It does NOT check whether the URL is secure. */
export async function fetchOnce(url: string, options: FetchOptions = {}): Promise<Fetched | Failure> {
  const startedAt = Date.now()
  const signal = AbortSignal.timeout(deadline)
  let hasStarted = false
  try {
    const response = await send(url, options, signal)
    hasStarted = true
    const at = (startedAt + Date.now()) / 2
    return {
      url,
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: await readBytes(response, maxBytes, tooLarge),
      at,
    }
  } catch (error) {
    const failure = signal.aborted ? { kind: 'timeout' as const, code: undefined } : toFailure(error)
    return { url, ...failure, ...(hasStarted && failure.kind === 'network' ? { kind: 'incomplete' } : {}) }
  }
}

async function send(
  url: string,
  { method = 'GET', headers = {}, body }: FetchOptions,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? requestHttps : requestHttp
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = request(
    url,
    {
      method,
      agent: false,
      signal,
      headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': 'tollgate-cli', ...headers },
    },
    resolve,
  )
  sent.on('error', reject)
  // Without a listener, a response 101 would end neither with a response nor with an error.
  sent.on('upgrade', (response: IncomingMessage, socket: Duplex) => {
    socket.destroy()
    resolve(response)
  })
  sent.end(body)
  return promise
}

const tooLarge = new Error('the body is too large')

/** Every error of the network has a code. Any other error is a bug. */
function toFailure(error: unknown): Pick<Failure, 'kind' | 'code'> {
  if (error === tooLarge) {
    return { kind: 'too-large', code: undefined }
  }
  const { code } = error as { readonly code?: unknown }
  if (typeof code !== 'string') {
    throw error
  }
  return { kind: /CERT|SIGNED|UNABLE_TO|ERR_TLS|EPROTO|SSL/.test(code) ? 'tls' : 'network', code }
}

/** A failure in words, without the URL. */
export function describeFailure({ kind, code }: Failure): string {
  if (kind === 'timeout') {
    return `no response within ${deadline / 1000} s`
  }
  if (kind === 'too-large') {
    return 'more than 512 KiB'
  }
  if (kind === 'incomplete' || code === 'ECONNRESET') {
    return 'the connection ended before the whole response'
  }
  return `no connection${code === undefined ? '' : ` (${code})`}`
}

import { type Dispatcher, request } from 'undici'
import { inTime } from '../in-time.ts'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'

/** A request of ours to an authorization server. */
export interface Outbound {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** An answer with more bytes is not read to its end. */
  readonly mostBytes: number
  readonly dispatcher: Dispatcher
  /** One deadline for the whole call, the body included. */
  readonly signal: AbortSignal
}

/** An answer. Its `name` is that of the URL, without a query, which may hold secrets. Its body is read to the end where one can matter: with 200, and with 400, which OAuth has say what is wrong. */
export interface Inbound {
  readonly name: string
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  readonly body: Uint8Array
}

const worthReading: ReadonlySet<number> = new Set([200, 400])

/** One call over undici: no redirects, no compression, no answer longer than agreed. Without an answer it throws an `UpstreamError`. */
export async function exchange(outbound: Outbound): Promise<Inbound> {
  const name = nameOf(outbound.url)
  const { url, mostBytes, dispatcher, signal, method, headers, body = null } = outbound
  try {
    const options = { dispatcher, signal, method, body, headers: { ...headers, 'accept-encoding': 'identity' } }
    const response = await inTime(request(url, options), signal, () => timeout(name), discard)
    const { statusCode: status, headers: answered } = response
    if (!worthReading.has(status)) {
      discard(response)
      return { name, status, headers: answered, body: new Uint8Array() }
    }
    return { name, status, headers: answered, body: await readBody(name, response.body, mostBytes, signal) }
  } catch (error) {
    throw error instanceof UpstreamError ? error : explain(name, error, signal)
  }
}

/** How messages call a URL. */
export function nameOf(url: string): string {
  return url.replace(/[?#].*$/s, '')
}

/** The body of an answer that we do not read: an open stream would hold its connection. */
function discard({ body }: Dispatcher.ResponseData): void {
  body.on('error', () => undefined).destroy()
}

/** A status that says the server could not answer now, or an unexpected one. */
export function unexpectedStatus({ name, status, headers }: Inbound): UpstreamError {
  const message = `${name} answered ${status}`
  if (status === 429 || status >= 500) {
    return new UpstreamError({ reason: 'upstream-error', message, retryAfter: parseRetryAfter(headers['retry-after']) })
  }
  return new UpstreamError({ reason: status === 404 ? 'not-found' : 'unexpected-status', message })
}

/** Delay seconds only; a date is not worth a second clock. */
function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined
}

async function readBody(
  name: string,
  body: Dispatcher.ResponseData['body'],
  mostBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      if (bytes > mostBytes) {
        throw new UpstreamError({ reason: 'too-large', message: `${name} answered more than ${mostBytes} bytes` })
      }
      chunks.push(chunk)
    }
  } catch (cause) {
    const isCutOff = !signal.aborted && !(cause instanceof UpstreamError)
    throw isCutOff ? new UpstreamError({ reason: 'truncated', message: `${name} broke off its answer` }) : cause
  }
  return Buffer.concat(chunks)
}

/**
 * What undici throws: no answer in time, none at all (refused, reset, unresolvable, untrusted certificate), or one that is no
 * HTTP, which the error quotes and is therefore not kept as the cause. A request that cannot be made is a mistake of ours.
 */
function explain(name: string, cause: unknown, signal: AbortSignal): unknown {
  const { name: kind, code } = asRecord(cause)
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return cause
  }
  if (signal.aborted) {
    return timeout(name)
  }
  if (kind === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new UpstreamError({ reason: 'not-http', message: `${name} answered something that is not HTTP` })
  }
  return new UpstreamError({ reason: 'network', message: `${name} could not be reached`, cause })
}

function timeout(name: string): UpstreamError {
  return new UpstreamError({ reason: 'timeout', message: `${name} did not answer in time` })
}

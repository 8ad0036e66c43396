import { type Dispatcher, request } from 'undici'
import { diagnostics, traced } from '../diagnostics/channels.ts'
import { withDeadline } from '../lib/deadline.ts'
import type { FetchTrace } from '../diagnostics/messages.ts'
import { asRecord } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { forbiddenAddress } from './connections.ts'
import { isPerhapsPublic } from './secure-url.ts'
import type { Outside } from './shared-documents.ts'

/** A request of ours to an authorization server. */
export interface Outbound {
  readonly purpose: FetchTrace['purpose']
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** An answer with more bytes is not read to its end. */
  readonly mostBytes: number
  readonly outside: Pick<Outside, 'dispatcher' | 'network' | 'label'>
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
  const about = {
    purpose: outbound.purpose,
    issuer: outbound.outside.label,
    url: nameOf(outbound.url),
    method: outbound.method,
  }
  const trace: FetchTrace = { ...about }
  const startedAt = performance.now()
  try {
    return await traced.fetch(trace, () => send(about.url, outbound, trace))
  } finally {
    const { status, outcome = 'network' } = trace
    diagnostics.fetch.publish({ ...about, status, outcome, milliseconds: performance.now() - startedAt })
  }
}

/** Notes in the trace what comes of it. */
async function send(name: string, outbound: Outbound, trace: FetchTrace): Promise<Inbound> {
  const { url, mostBytes, outside, signal, method, headers, body = null } = outbound
  const { dispatcher, network } = outside
  try {
    if (network === 'public' && !isPerhapsPublic(new URL(url))) {
      throw notPublic(name)
    }
    const options = { dispatcher, signal, method, body, headers: { ...headers, 'accept-encoding': 'identity' } }
    const response = await withDeadline(request(url, options), signal, () => timeout(name), discard)
    const { statusCode: status, headers: answered } = response
    trace.status = status
    const isWorthReading = worthReading.has(status)
    const read = isWorthReading ? await readBody(name, response.body, mostBytes, signal) : new Uint8Array()
    if (!isWorthReading) {
      discard(response)
    }
    trace.outcome = 'answered'
    return { name, status, headers: answered, body: read }
  } catch (error) {
    const failure = error instanceof UpstreamError ? error : explain(name, error, signal)
    trace.outcome = failure instanceof UpstreamError ? failure.reason : 'network'
    throw failure
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
    return new TypeError('The request could not be made: is `dispatcher` one of undici 7 or newer?', { cause })
  }
  if (code === forbiddenAddress) {
    return notPublic(name)
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new UpstreamError({ reason: 'closing', message: `${name} was not waited for: our connections were closed` })
  }
  if (signal.aborted) {
    return timeout(name)
  }
  if (kind === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new UpstreamError({ reason: 'not-http', message: `${name} answered something that is not HTTP` })
  }
  const why = typeof code === 'string' && /^[\w-]{1,50}$/.test(code) ? ` (${code})` : ''
  return new UpstreamError({ reason: 'network', message: `${name} could not be reached${why}`, cause })
}

function timeout(name: string): UpstreamError {
  return new UpstreamError({ reason: 'timeout', message: `${name} did not answer in time` })
}

function notPublic(name: string): UpstreamError {
  const message = `${name} is not at a public address, as those of issuers that the \`issuer\` function finds have to be, and of those with \`network: 'public'\`; to allow it: \`trustedIssuer(url, { network: 'any' })\``
  return new UpstreamError({ reason: 'insecure-endpoint', message })
}

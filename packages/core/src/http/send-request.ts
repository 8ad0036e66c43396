import type { Dispatcher } from 'undici'
import { diagnostics, traced, tracing } from '../diagnostics/channels.ts'
import type { FetchTrace } from '../diagnostics/messages.ts'
import { withDeadline } from '../lib/deadline.ts'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { decodeBody } from './content-encoding.ts'
import { discardBody, dispatch, type UpstreamRequest } from './dispatch.ts'
import { forbiddenAddress } from './dispatchers.ts'
import { canBePublic } from './secure-url.ts'
import { undiciNotLoaded } from './undici.ts'

/** The response of an authorization server. */
export interface UpstreamResponse {
  /** The URL without its query, because a query may contain secrets. */
  readonly name: string
  readonly status: number
  readonly headers: Dispatcher.ResponseData['headers']
  /** The whole body of a 200. At introspection also that of a 400, 401 or 403, if it is readable. Empty otherwise. */
  readonly body: Uint8Array
}

/**
 * Sends one request over undici. It follows no redirects. It requests no compression, and decodes a compressed
 * response. It does NOT check whether the URL is secure.
 *
 * @throws UpstreamError when there is no response, or no whole one within the bounds.
 */
export async function sendRequest(request: UpstreamRequest): Promise<UpstreamResponse> {
  const { purpose, method, network } = request
  const about = { purpose, issuer: network.label, url: nameOf(request.url), method }
  const trace: FetchTrace = { ...about }
  const startedAt = performance.now()
  try {
    return await traced(tracing.fetch, trace, () => send(about.url, request, trace))
  } finally {
    const { status, outcome = 'network' } = trace
    diagnostics.fetch.publish({ ...about, status, outcome, milliseconds: performance.now() - startedAt })
  }
}

/** Adds the status and the outcome to the trace. */
async function send(name: string, request: UpstreamRequest, trace: FetchTrace): Promise<UpstreamResponse> {
  const { url, network, signal } = request
  try {
    if (network.access === 'public' && !canBePublic(new URL(url))) {
      throw notPublic(name)
    }
    const response = await withDeadline(dispatch(request), signal, () => timeout(name), discardBody)
    const { statusCode: status, headers } = response
    trace.status = status
    const body = await bodyOf(name, response, request)
    trace.outcome = 'answered'
    return { name, status, headers, body }
  } catch (error) {
    const failure = error instanceof UpstreamError ? error : toUpstreamError(name, error, signal)
    trace.outcome = failure instanceof UpstreamError ? failure.reason : 'network'
    throw failure
  }
}

/** The name of a URL in messages. */
export function nameOf(url: string): string {
  return url.replace(/[?#].*$/s, '')
}

const statusesWithErrors: ReadonlySet<number> = new Set([400, 401, 403])

/** OAuth states errors in the body (RFC 6749 §5.2). An error with an unreadable body counts as one without a body. */
async function bodyOf(
  name: string,
  response: Dispatcher.ResponseData,
  { purpose, maxBytes, signal }: UpstreamRequest,
): Promise<Uint8Array> {
  const { statusCode: status, headers, body } = response
  const isError = purpose === 'introspection' && statusesWithErrors.has(status)
  if (status !== 200 && !isError) {
    return discardBody(response)
  }
  try {
    const sent = await withDeadline(readBody(name, body, maxBytes, signal), signal, () => timeout(name))
    return decodeBody(name, own(headers, 'content-encoding'), sent, maxBytes)
  } catch (error) {
    if (isError && error instanceof UpstreamError) {
      return new Uint8Array()
    }
    throw error
  }
}

/** The error for a status that the caller did not expect. With 429 and 5xx the server counts as unreachable. */
export function unexpectedStatus({ name, status, headers }: UpstreamResponse): UpstreamError {
  const message = `${name} answered ${status}${status >= 300 && status < 400 ? destinationOf(headers, name) : ''}`
  if (status !== 429 && status < 500) {
    return new UpstreamError({ reason: status === 404 ? 'not-found' : 'unexpected-status', message })
  }
  const seconds = own(headers, 'retry-after')
  // A date counts as absent, because it would need the wall clock.
  const retryAfter = typeof seconds === 'string' && /^\d{1,9}$/.test(seconds) ? Number(seconds) : undefined
  return new UpstreamError({ reason: 'upstream-error', message, retryAfter })
}

/** Where a redirect leads, without its path, because a path and a query may contain secrets. */
function destinationOf(headers: UpstreamResponse['headers'], base: string): string {
  const location = own(headers, 'location')
  const url = typeof location === 'string' ? URL.parse(location, base) : null
  if (url === null) {
    return ''
  }
  const place = `${url.protocol}//${url.host}`.replaceAll(/[^\x21-\x7E]/g, '?').slice(0, 200)
  return `, a redirect to ${place} that is not followed`
}

async function readBody(
  name: string,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > maxBytes) {
        throw new UpstreamError({ reason: 'too-large', message: `${name} answered more than ${maxBytes} bytes` })
      }
      chunks.push(chunk)
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof UpstreamError) {
      throw cause
    }
    throw new UpstreamError({ reason: 'truncated', message: `${name} sent an incomplete response` })
  }
  return Buffer.concat(chunks)
}

/** Maps the errors of undici. An error for an invalid request is a failure, because the server is not its cause. */
function toUpstreamError(name: string, cause: unknown, signal: AbortSignal): Error {
  const code = own(cause, 'code')
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
    return new TypeError('The request could not be made: is `dispatcher` one of undici 7 or newer?', { cause })
  }
  if (code === undiciNotLoaded && cause instanceof Error) {
    return cause
  }
  if (code === forbiddenAddress) {
    return notPublic(name)
  }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED') {
    return new UpstreamError({ reason: 'closing', message: `The validator closed its connection to ${name}` })
  }
  if (signal.aborted) {
    return timeout(name)
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new UpstreamError({ reason: 'too-large', message: `${name} answered with more headers than Node accepts` })
  }
  if (cause instanceof Error && cause.name === 'HTTPParserError') {
    // The cause quotes the response, so that it is dropped.
    return new UpstreamError({ reason: 'not-http', message: `${name} answered something that is not HTTP` })
  }
  const why = typeof code === 'string' && /^[\w-]{1,50}$/.test(code) ? ` (${code})` : ''
  return new UpstreamError({ reason: 'network', message: `${name} could not be reached${why}`, cause })
}

function timeout(name: string): UpstreamError {
  return new UpstreamError({ reason: 'timeout', message: `${name} did not answer in time` })
}

function notPublic(name: string): UpstreamError {
  const message = `${name} is not on a public address. An issuer that the \`issuer\` function returns must be, unless it has \`trustedIssuer(url, { network: 'any' })\``
  return new UpstreamError({ reason: 'insecure-endpoint', message })
}

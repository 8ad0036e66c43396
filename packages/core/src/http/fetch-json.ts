import { type Dispatcher, request } from 'undici'
import { asRecord } from '../record.ts'
import { UpstreamError } from '../unavailable.ts'

/** One deadline for the whole call, the body included: 5 s. */
export function deadline(): AbortSignal {
  return AbortSignal.timeout(5000)
}

const mostBytes = 512 * 1024

/**
 * A JSON document over undici: GET, no redirects, at most 512 KiB, in the time that the signal gives. Every failure is an
 * `UpstreamError` with a reason; the caller decides what the document means.
 */
export async function fetchJson(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await request(url, {
      dispatcher,
      signal,
      headers: { accept: 'application/json', 'accept-encoding': 'identity' },
    })
    if (response.statusCode !== 200) {
      discard(response.body)
      throw unexpectedStatus(url, response)
    }
    return parse(url, await readBody(url, response.body, signal))
  } catch (error) {
    throw error instanceof UpstreamError ? error : explain(url, error, signal)
  }
}

/** The body of an answer that we do not read: an open stream would hold its connection. */
function discard(body: Dispatcher.ResponseData['body']): void {
  body.on('error', () => undefined).destroy()
}

function unexpectedStatus(url: string, { statusCode, headers }: Dispatcher.ResponseData): UpstreamError {
  const message = `${url} answered ${statusCode}`
  if (statusCode === 429 || statusCode >= 500) {
    return new UpstreamError({ reason: 'upstream-error', message, retryAfter: parseRetryAfter(headers['retry-after']) })
  }
  return new UpstreamError({ reason: statusCode === 404 ? 'not-found' : 'unexpected-status', message })
}

/** Delay seconds only; a date is not worth a second clock. */
function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined
}

async function readBody(url: string, body: Dispatcher.ResponseData['body'], signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > mostBytes) {
        throw new UpstreamError({ reason: 'too-large', message: `${url} answered more than ${mostBytes} bytes` })
      }
      chunks.push(chunk)
    }
  } catch (cause) {
    const isCutOff = !signal.aborted && !(cause instanceof UpstreamError)
    throw isCutOff ? new UpstreamError({ reason: 'truncated', message: `${url} broke off its answer`, cause }) : cause
  }
  return Buffer.concat(chunks)
}

function parse(url: string, body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    // `cause` stays behind: the message of a SyntaxError quotes the document.
    if (cause instanceof SyntaxError || cause instanceof TypeError) {
      throw new UpstreamError({ reason: 'not-json', message: `${url} answered something that is not JSON` })
    }
    throw cause
  }
}

/** What undici throws: no answer in time, none at all (refused, reset, unresolvable, untrusted certificate), or one that is no HTTP. */
function explain(url: string, cause: unknown, signal: AbortSignal): UpstreamError {
  if (signal.aborted) {
    return new UpstreamError({ reason: 'timeout', message: `${url} did not answer in time`, cause })
  }
  const { name, code } = asRecord(cause)
  if (name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new UpstreamError({ reason: 'not-http', message: `${url} answered something that is not HTTP`, cause })
  }
  return new UpstreamError({ reason: 'network', message: `${url} could not be reached`, cause })
}

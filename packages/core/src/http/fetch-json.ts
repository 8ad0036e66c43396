import { type Dispatcher, request } from 'undici'
import { UpstreamError } from '../unavailable.ts'

/** One deadline for the whole call, the body included. */
const deadline = 5000
const mostBytes = 512 * 1024

/**
 * A JSON document over undici: GET, no redirects, at most 512 KiB, at most 5 s in all. Every failure is an
 * `UpstreamError` with a reason; the caller decides what the document means.
 */
export async function fetchJson(url: string, dispatcher: Dispatcher): Promise<unknown> {
  const signal = AbortSignal.timeout(deadline)
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
    return parse(url, await readBody(url, response.body))
  } catch (error) {
    throw error instanceof UpstreamError ? error : unreachable(url, error, signal.aborted)
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

async function readBody(url: string, body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBytes) {
      throw new UpstreamError({ reason: 'too-large', message: `${url} answered more than ${mostBytes} bytes` })
    }
    chunks.push(chunk)
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

/** What undici throws when no answer came: refused, reset, cut off, unresolvable, untrusted certificate, too slow. */
function unreachable(url: string, cause: unknown, isLate: boolean): UpstreamError {
  return isLate
    ? new UpstreamError({ reason: 'timeout', message: `${url} did not answer within ${deadline} ms`, cause })
    : new UpstreamError({ reason: 'network', message: `${url} could not be reached`, cause })
}

import type { Dispatcher } from 'undici'
import { UpstreamError } from '../unavailable.ts'
import { exchange, type Inbound, unexpectedStatus } from './exchange.ts'

/** One deadline for the whole call, the body included: 5 s. */
export function deadline(): AbortSignal {
  return AbortSignal.timeout(5000)
}

const mostBytes = 512 * 1024

/**
 * A JSON document: GET, no redirects, at most 512 KiB, in the time that the signal gives. Every failure is an
 * `UpstreamError` with a reason; the caller decides what the document means.
 */
export async function fetchJson(url: string, dispatcher: Dispatcher, signal: AbortSignal): Promise<unknown> {
  const headers = { accept: 'application/json' }
  const answer = await exchange({ url, method: 'GET', headers, mostBytes, dispatcher, signal })
  if (answer.status !== 200) {
    throw unexpectedStatus(answer)
  }
  return parse(answer)
}

function parse({ name, body }: Inbound): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    // `cause` stays behind: the message of a SyntaxError quotes the document.
    if (cause instanceof SyntaxError || cause instanceof TypeError) {
      throw new UpstreamError({ reason: 'not-json', message: `${name} answered something that is not JSON` })
    }
    throw cause
  }
}

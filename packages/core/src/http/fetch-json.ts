import type { DocumentKind } from '../diagnostics/messages.ts'
import { hash } from '../lib/recent-node.ts'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { defaultFreshness, parseFreshness } from './freshness.ts'
import type { Network } from './network.ts'
import type { UpstreamRequest } from './dispatch.ts'
import { sendRequest, unexpectedStatus, type UpstreamResponse } from './send-request.ts'

const maxBytes = 512 * 1024
/** Milliseconds. A server may state by mistake that nothing has changed. */
const maxRevalidation = 3_600_000
const minDateDistance = 60_000

/** Strict servers know a key set only as RFC 7517 §8.5.2 names it. */
const accepted: Readonly<Record<DocumentKind, string>> = {
  metadata: 'application/json',
  keys: 'application/jwk-set+json, application/json',
}

/** A document that was fetched. */
export interface LoadedDocument<Document> {
  readonly document: Document
  readonly url: string
  /** The hash of the text. */
  readonly digest: string
  /** Milliseconds. */
  readonly freshFor: number
  /** The headers that make the next request conditional (RFC 9110 §8.8). */
  readonly conditions: Readonly<Record<string, string>>
  /** The time of the last response that contained the document. */
  readonly wholeAt: number
}

export interface LoadOptions<Document> extends Pick<UpstreamRequest, 'signal'> {
  readonly purpose: DocumentKind
  readonly network: Network
  /** The document before this request. A request to the same URL is conditional, except once an hour. */
  readonly previous: LoadedDocument<Document> | undefined
  /** `false`: the request is not conditional, and caches on the way must not respond. */
  readonly mayBeCached: boolean
}

/**
 * Fetches a JSON document: GET, no redirects, at most 512 KiB. `read` validates it. The result contains the previous
 * document when its text has not changed.
 *
 * @throws UpstreamError
 */
export async function fetchJson<Document>(
  url: string,
  read: (json: unknown) => Document,
  options: LoadOptions<Document>,
): Promise<LoadedDocument<Document>> {
  const { mayBeCached, network } = options
  const previous = options.previous?.url === url ? options.previous : undefined
  const wholeAt = network.clock()
  const isRecent = previous !== undefined && Math.abs(wholeAt - previous.wholeAt) < maxRevalidation
  const sent = isRecent && mayBeCached ? previous.conditions : {}
  const directives = mayBeCached ? {} : { 'cache-control': 'no-cache' }
  const headers = { accept: accepted[options.purpose], ...directives, ...sent }
  const response = await sendRequest({ ...options, url, method: 'GET', headers, maxBytes })
  const conditions = conditionsOf(response.headers)
  const freshFor = parseFreshness(response.headers)
  if (response.status === 304 && previous !== undefined && Object.keys(sent).length > 0) {
    return { ...previous, conditions: { ...sent, ...conditions }, freshFor: freshFor ?? previous.freshFor }
  }
  if (response.status !== 200) {
    throw unexpectedStatus(response)
  }
  const digest = hash('sha256', response.body, 'base64url')
  const document = previous?.digest === digest ? previous.document : read(parse(response))
  return { document, url, digest, conditions, freshFor: freshFor ?? defaultFreshness, wholeAt }
}

/** A document may change twice in a second. Only a date that is long past identifies it (RFC 9110 §8.8.2.2). */
function conditionsOf(headers: UpstreamResponse['headers']): Readonly<Record<string, string>> {
  const [etag, modified, date] = ['etag', 'last-modified', 'date'].map((name) => own(headers, name))
  const isStrong = Date.parse(String(date)) - Date.parse(String(modified)) >= minDateDistance
  return {
    ...(isSendable(etag) ? { 'if-none-match': etag } : {}),
    ...(isSendable(modified) && isStrong ? { 'if-modified-since': modified } : {}),
  }
}

function isSendable(value: unknown): value is string {
  return typeof value === 'string' && /^[\x20-\x7E]{1,256}$/.test(value)
}

function parse({ name, body }: UpstreamResponse): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (cause) {
    // The cause is dropped, because the message of a SyntaxError quotes the document.
    if (cause instanceof SyntaxError || cause instanceof TypeError) {
      throw new UpstreamError({ reason: 'not-json', message: `${name} answered something that is not JSON` })
    }
    throw cause
  }
}

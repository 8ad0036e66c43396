import { hash } from 'node:crypto'
import { own } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { parseFreshness, type ResponseHeaders } from './freshness.ts'
import type { Network } from './network.ts'
import { sendRequest, unexpectedStatus, type UpstreamRequest, type UpstreamResponse } from './send-request.ts'

/** The deadline of a fetch, the body included: 5 s. */
export function fetchDeadline(): AbortSignal {
  return AbortSignal.timeout(5000)
}

const maxBytes = 512 * 1024
/** Milliseconds. A server may state by mistake that nothing has changed. */
const maxRevalidation = 3_600_000
const minDateDistance = 60_000

/** The validators of a response, for the conditional request that comes next (RFC 9110 §8.8). */
interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
}

/** A document that was fetched. */
export interface LoadedDocument<Document> extends Validators {
  readonly document: Document
  /** The hash of the text. */
  readonly digest: string
  /** Milliseconds. `undefined` when no response stated it. */
  readonly freshFor: number | undefined
  /** The time of the last response that contained the document. */
  readonly wholeAt: number
}

export interface JsonRequest<Document> extends Pick<UpstreamRequest, 'purpose' | 'url' | 'signal'> {
  readonly network: Network
  /** The document before this request. The request is conditional, except once an hour. */
  readonly previous: LoadedDocument<Document> | undefined
  /** `false`: the request is not conditional, and caches on the way must not respond. */
  readonly mayBeCached: boolean
  /** Validates the document. */
  readonly read: (json: unknown) => Document
}

/**
 * Fetches a JSON document: GET, no redirects, at most 512 KiB. The result contains the previous document when its text
 * has not changed.
 *
 * @throws UpstreamError
 */
export async function fetchJson<Document>(request: JsonRequest<Document>): Promise<LoadedDocument<Document>> {
  const { previous, mayBeCached, read, network } = request
  const startedAt = network.clock()
  const isRecent = previous !== undefined && Math.abs(startedAt - previous.wholeAt) < maxRevalidation
  const conditions = isRecent && mayBeCached ? conditionsOf(previous) : {}
  const directives = mayBeCached ? {} : { 'cache-control': 'no-cache' }
  const headers = { accept: 'application/json', ...directives, ...conditions }
  const response = await sendRequest({ ...request, method: 'GET', headers, maxBytes })
  const { etag, lastModified } = validatorsOf(response.headers)
  const freshFor = parseFreshness(response.headers)
  if (response.status === 304 && previous !== undefined && Object.keys(conditions).length > 0) {
    return {
      document: previous.document,
      digest: previous.digest,
      etag: etag ?? previous.etag,
      lastModified: lastModified ?? previous.lastModified,
      wholeAt: previous.wholeAt,
      freshFor: freshFor ?? previous.freshFor,
    }
  }
  if (response.status !== 200) {
    throw unexpectedStatus(response)
  }
  const digest = hash('sha256', response.body, 'base64url')
  const document = previous?.digest === digest ? previous.document : read(parse(response))
  return { document, digest, etag, lastModified, wholeAt: startedAt, freshFor }
}

function conditionsOf({ etag, lastModified }: Validators): Readonly<Record<string, string>> {
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
  }
}

function validatorsOf(headers: ResponseHeaders): Validators {
  const lastModified = shortText(own(headers, 'last-modified'))
  const isStrong = isStrongDate(lastModified, own(headers, 'date'))
  return { etag: shortText(own(headers, 'etag')), lastModified: isStrong ? lastModified : undefined }
}

/**
 * A document may change twice in a second. Its date identifies it only when that date was long past (RFC 9110
 * §8.8.2.2).
 */
function isStrongDate(lastModified: string | undefined, date: unknown): boolean {
  return lastModified !== undefined && Date.parse(String(date)) - Date.parse(lastModified) >= minDateDistance
}

/** A text that can be sent back in a header. */
function shortText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7E]{1,256}$/.test(value) ? value : undefined
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

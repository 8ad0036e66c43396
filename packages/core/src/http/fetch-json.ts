import { hash } from 'node:crypto'
import { UpstreamError } from '../responses/unavailable.ts'
import { exchange, type Inbound, type Outbound, unexpectedStatus } from './send-request.ts'
import { type AnswerHeaders, freshnessOf } from './freshness.ts'
import type { Outside } from './shared-documents.ts'

/** One deadline for the whole call, the body included: 5 s. */
export function deadline(): AbortSignal {
  return AbortSignal.timeout(5000)
}

const mostBytes = 512 * 1024
/** Milliseconds, as the next. */
const longestUnseen = 3_600_000
const longPast = 60_000

/** What a server gave along with a document, by which to ask later whether it is still the current one (RFC 9110 §8.8). */
interface Validators {
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** When the whole document was last fetched, by the clock. */
  readonly wholeAt: number
}

/** A document, read, and for how long it counts. */
export interface Loaded<Document> extends Validators {
  readonly document: Document
  /** Of the text. */
  readonly digest: string
  /** Milliseconds for which it is used without asking again. */
  readonly freshFor: number
}

export interface JsonRequest<Document> extends Pick<Outbound, 'purpose' | 'url' | 'signal'> {
  readonly outside: Outside
  /** What was read before: asked for only if it has changed. The whole is asked for once an hour, for a server may be wrong about that. */
  readonly kept: Loaded<Document> | undefined
  /** Whether what is kept, and caches on the way, may be the answer; else the document itself is asked for. */
  readonly mayBeCached: boolean
  /** Milliseconds for which it is fresh when the server does not say. */
  readonly freshWhenSilent: number
  readonly read: (json: unknown) => Document | Promise<Document>
}

/**
 * A JSON document: GET, no redirects, at most 512 KiB, in the time that the signal gives. When it has not changed, the result holds
 * the very document that was kept. Every failure is an `UpstreamError` with a reason; `read` decides what the document means.
 */
export async function fetchJson<Document>(request: JsonRequest<Document>): Promise<Loaded<Document>> {
  const { kept, mayBeCached, freshWhenSilent, read, outside } = request
  const startedAt = outside.clock()
  const isRecent = kept !== undefined && Math.abs(startedAt - kept.wholeAt) < longestUnseen
  const conditions = isRecent && mayBeCached ? conditionsOf(kept) : {}
  const directives = mayBeCached ? {} : { 'cache-control': 'no-cache' }
  const headers = { accept: 'application/json', ...directives, ...conditions }
  const answer = await exchange({ ...request, method: 'GET', headers, mostBytes })
  const { etag, lastModified } = validatorsOf(answer.headers)
  const freshFor = freshnessOf(answer.headers)
  if (answer.status === 304 && kept !== undefined && Object.keys(conditions).length > 0) {
    return {
      document: kept.document,
      digest: kept.digest,
      etag: etag ?? kept.etag,
      lastModified: lastModified ?? kept.lastModified,
      wholeAt: kept.wholeAt,
      freshFor: freshFor ?? kept.freshFor,
    }
  }
  if (answer.status !== 200) {
    throw unexpectedStatus(answer)
  }
  const digest = hash('sha256', answer.body, 'base64url')
  const document = kept?.digest === digest ? kept.document : await read(parse(answer))
  return { document, digest, etag, lastModified, wholeAt: startedAt, freshFor: freshFor ?? freshWhenSilent }
}

function conditionsOf({ etag, lastModified }: Validators): Readonly<Record<string, string>> {
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
  }
}

function validatorsOf(headers: AnswerHeaders): Pick<Validators, 'etag' | 'lastModified'> {
  const lastModified = shortText(headers['last-modified'])
  return { etag: shortText(headers['etag']), lastModified: isTelling(lastModified, headers) ? lastModified : undefined }
}

/** A document may change twice in a second: the date tells it from others only when it was long past (RFC 9110 §8.8.2.2). */
function isTelling(lastModified: string | undefined, { date }: AnswerHeaders): boolean {
  return lastModified !== undefined && Date.parse(String(date)) - Date.parse(lastModified) >= longPast
}

/** What we send back has to be something that may be sent. */
function shortText(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && /^[\x20-\x7E]{1,256}$/.test(value) ? value : undefined
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

import { trustedIssuer } from '@tollgate/core'
import {
  parseDocument,
  readEndpoint,
  showText,
  showWithoutQuotes,
  wellKnownUrls,
  isRecord,
  ownText,
} from '@tollgate/core/adapter'
import { describeFailure, type Failure, type Fetched, fetchOnce, isFailure } from './fetch.ts'
import type { IssuerUrl } from './issuer-url.ts'
import type { CheckReport } from './report.ts'

/** The metadata of an issuer, and how each well-known URL responds. */
export interface FoundMetadata {
  readonly results: readonly (Fetched | Failure)[]
  /** The first response that is metadata. */
  readonly response: Fetched | undefined
  readonly document: Readonly<Record<string, unknown>> | undefined
  /** `issuer` in the document. */
  readonly stated: string | undefined
}

/** The origin of a page, to see whether a browser could read the document. */
export const pageOrigin = 'https://app.example'

/** Requests all well-known URLs of an issuer. */
export async function fetchMetadata(issuer: string): Promise<FoundMetadata> {
  const urls = wellKnownUrls(issuer)
  const results = await Promise.all(urls.map((url) => fetchOnce(url, { headers: { origin: pageOrigin } })))
  for (const response of results) {
    const document = isFailure(response) ? undefined : documentOf(response)
    const stated = ownText(document, 'issuer')
    if (!isFailure(response) && document !== undefined && stated !== undefined) {
      return { results, response, document, stated }
    }
  }
  return { results, response: undefined, document: undefined, stated: undefined }
}

/** The JSON object of a response with 200. */
export function documentOf({ status, body }: Fetched): Readonly<Record<string, unknown>> | undefined {
  const parsed = status === 200 ? parseDocument(body) : undefined
  return parsed !== undefined && 'value' in parsed && isRecord(parsed.value) ? parsed.value : undefined
}

/** The endpoint that the metadata names. An error, if the library would not call it. */
export function endpointIn(
  { document, response }: FoundMetadata,
  issuer: string,
  member: 'jwks_uri' | 'introspection_endpoint',
): string | Error | undefined {
  if (document === undefined || response === undefined) {
    return undefined
  }
  return attempt(() => readEndpoint(document, member, { issuer, url: undefined, timeout: 5000 }, response.url))
}

/** The readers of the library throw an error for a document that they do not accept. */
export function attempt<Result>(work: () => Result): Result | Error {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error) {
      return error
    }
    throw error
  }
}

export function checkMetadata({ results, response }: FoundMetadata): CheckReport {
  const others = results
    .filter((result) => result !== response)
    .map((result) => `${describeResult(result)} at ${result.url}`)
  const rest = others.length === 0 ? '' : ` (${others.join('; ')})`
  if (response !== undefined) {
    return { check: 'metadata', state: 'passed', found: `${response.url}${rest}` }
  }
  return {
    check: 'metadata',
    state: 'failed',
    found: `no well-known URL has metadata: ${others.join('; ')}`,
    fix: `Check the URL of the issuer.${results.every(isAtRoot) ? paths : ''} If its metadata is elsewhere, set \`metadata\` or \`keys\` in trustedIssuer.`,
  }
}

const paths =
  ' Many issuers have a path: `/realms/<realm>` (Keycloak), `/oauth2/default` (Okta), `/application/o/<slug>/` (authentik), `/oidc` (Logto).'

/** Whether a host without a path responded, and not with metadata. */
function isAtRoot(result: Fetched | Failure): boolean {
  return !isFailure(result) && /^https?:\/\/[^/]+\/\.well-known\/[^/]+$/.test(result.url)
}

/** A response in a few words. A redirect is named by its origin, and is not followed. */
export function describeResult(result: Fetched | Failure): string {
  if (isFailure(result)) {
    return describeFailure(result)
  }
  const { status, headers } = result
  const target = status >= 300 && status < 400 ? URL.parse(headers.location ?? '', result.url) : null
  if (target !== null) {
    return `${status}, a redirect to ${showWithoutQuotes(target.origin)} that is not followed`
  }
  return status === 200 && documentOf(result) === undefined ? '200 without a JSON object' : String(status)
}

/** Whether the metadata names the issuer exactly (RFC 8414 §3.3). */
export function checkName({ url, isExact, remarks }: IssuerUrl, { stated }: FoundMetadata): CheckReport {
  if (stated === undefined) {
    return { check: 'issuer', state: 'skipped', found: `${url}: no metadata says its name` }
  }
  if (stated === url) {
    return { check: 'issuer', state: 'passed', found: `${url} is its exact name` }
  }
  const difference = differOnlyBySlash(stated, url) ? 'differs only by a trailing slash' : 'differs'
  if (!isName(stated)) {
    return {
      check: 'issuer',
      state: 'failed',
      found: `the name in the metadata is no URL of an issuer: ${showText(stated)}`,
      fix: `Configure the issuer to state its URL, ${showText(url)}, or the exact \`iss\` of its tokens.`,
    }
  }
  return !isExact && isOnSameHost(stated, url)
    ? { check: 'issuer', state: 'passed', found: `its exact name is ${showWithoutQuotes(stated)}` }
    : {
        check: 'issuer',
        state: 'failed',
        found: `the name in the metadata ${difference}: ${showText(stated)} and not ${showText(url)}${remarks.length === 0 ? '' : ', which was read from the argument'}`,
        fix: `Write exactly this: issuer: '${showWithoutQuotes(stated)}'. It must be the \`iss\` of the tokens.`,
      }
}

/** The name that the further checks use. */
export function effectiveIssuer({ url, isExact }: IssuerUrl, { stated }: FoundMetadata): string {
  const isMeant = stated !== undefined && (differOnlyBySlash(stated, url) || (!isExact && isOnSameHost(stated, url)))
  return isMeant && isName(stated) ? stated : url
}

function differOnlyBySlash(one: string, other: string): boolean {
  return one === `${other}/` || `${one}/` === other
}

/** The metadata can state any text. The library accepts a name only on `https:` or on loopback, and without a query. */
function isName(stated: string): boolean {
  return !(attempt(() => trustedIssuer(stated)) instanceof Error)
}

function isOnSameHost(one: string, other: string): boolean {
  return URL.parse(one)?.host === URL.parse(other)?.host
}

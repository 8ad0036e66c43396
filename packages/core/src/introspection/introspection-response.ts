import type { IntrospectedClaims } from '../access-token.ts'
import { malformedIn, nullableInResponses, withoutNulls } from '../claims/registered-claims.ts'
import { type UpstreamResponse, unexpectedStatus } from '../http/send-request.ts'
import { type JsonFault, parseDocument } from '../lib/json.ts'
import { own, ownMembers } from '../lib/record.ts'
import { UpstreamError } from '../responses/unavailable.ts'
import { readJwtResponse, type ResponseIssuer } from './jwt-response.ts'
import type { ResponseFormat } from './response-format.ts'

/** What the issuer said of a token. */
export interface IntrospectionResult {
  /** `undefined` when the token is inactive. One object per response, which requests share. */
  readonly claims: IntrospectedClaims | undefined
  /** The time of the request, in milliseconds. */
  readonly introspectedAt: number
}

/** Reads a response in the agreed format. Throws an `UpstreamError` for every other. `now` is in seconds. */
export async function readResponse(
  response: UpstreamResponse,
  format: ResponseFormat,
  issuer: ResponseIssuer,
  now: number,
): Promise<Pick<IntrospectionResult, 'claims'>> {
  const { name, status } = response
  if (status !== 200) {
    throw unexpectedStatus(response)
  }
  const document = format.as === 'json' ? readJson(response) : await readJwtResponse(response, format, issuer, now)
  const result = parseIntrospectionResponse(document)
  if ('malformed' in result) {
    const names = result.malformed.map((member) => `\`${member}\``).join(', ')
    throw new UpstreamError({ reason: 'malformed-document', message: `The response of ${name} has no valid ${names}` })
  }
  return result
}

const faults: Readonly<Record<JsonFault, string>> = {
  'not-json': 'is not JSON',
  'repeated-name': 'has two members with one name',
  'too-deep': 'has more than 100 levels',
}

function readJson({ name, body }: UpstreamResponse): unknown {
  const parsed = parseDocument(body)
  if ('value' in parsed) {
    return parsed.value
  }
  const { fault } = parsed
  const reason = fault === 'not-json' ? fault : 'malformed-document'
  throw new UpstreamError({ reason, message: `The response of ${name} ${faults[fault]}` })
}

type ParsedResponse = Pick<IntrospectionResult, 'claims'> | { readonly malformed: readonly string[] }

/**
 * Parses an introspection response (RFC 7662 §2.2). `malformed` names the registered members that have a wrong type,
 * and `active` when it is no boolean. It does NOT validate the claims: the caller does so on every use.
 */
export function parseIntrospectionResponse(document: unknown): ParsedResponse {
  const members = ownMembers(document)
  if (typeof members['active'] !== 'boolean') {
    return { malformed: ['active'] }
  }
  if (!members['active']) {
    return { claims: undefined }
  }
  // Handlers call the methods of an ordinary object.
  const claims = withoutNulls(Object.fromEntries(Object.entries(members)), nullableInResponses)
  const texts = ['username', 'token_type'].filter((name) => !['undefined', 'string'].includes(typeof own(claims, name)))
  const malformed = [...malformedIn(claims), ...texts]
  return malformed.length === 0 ? { claims } : { malformed }
}

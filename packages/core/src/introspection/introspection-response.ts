import type { IntrospectedClaims } from '../access-token.ts'
import { isWellTyped } from '../claims/validate-claims.ts'
import { type UpstreamResponse, unexpectedStatus } from '../http/send-request.ts'
import { parseJson } from '../lib/json.ts'
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
  const { name, body, status } = response
  // The server says that the token cannot be one of its own (RFC 7009 §2.2.1).
  if (status === 400 && own(parseJson(body), 'error') === 'unsupported_token_type') {
    return { claims: undefined }
  }
  if (status !== 200) {
    throw unexpectedStatus(response)
  }
  const document = format.as === 'json' ? parseJson(body) : await readJwtResponse(response, format, issuer, now)
  const result = parseIntrospectionResponse(document)
  if (result === undefined) {
    const reason = format.as === 'json' && document === undefined ? 'not-json' : 'malformed-document'
    const message = `The response of ${name} is not JSON, has no boolean \`active\`, or has a member of a wrong type`
    throw new UpstreamError({ reason, message })
  }
  return result
}

/**
 * Parses an introspection response (RFC 7662 §2.2). The result is `undefined` unless `active` is a boolean and the
 * registered members have their types. It does NOT validate the claims: the caller does so on every use.
 */
export function parseIntrospectionResponse(document: unknown): Pick<IntrospectionResult, 'claims'> | undefined {
  const members = ownMembers(document)
  if (typeof members['active'] !== 'boolean') {
    return undefined
  }
  if (!members['active']) {
    return { claims: undefined }
  }
  // Some servers write null for an absent member.
  const present = Object.entries(members).filter(([name, value]) => value !== null || !registered.test(name))
  // Handlers call the methods of an ordinary object.
  const claims: Readonly<Record<string, unknown>> = Object.fromEntries(present)
  const texts = [own(claims, 'username'), own(claims, 'token_type')]
  const areTexts = texts.every((text) => text === undefined || typeof text === 'string')
  return areTexts && isWellTyped(claims) ? { claims } : undefined
}

/** The members of RFC 7662 §2.2 that may be absent. */
const registered = /^(scope|client_id|username|token_type|exp|iat|nbf|sub|aud|iss|jti)$/

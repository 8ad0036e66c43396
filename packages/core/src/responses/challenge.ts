/** The parts of the challenges that come from the route and the request. */
export interface ChallengeContext {
  readonly realm: string
  /** All scopes that the route demands. */
  readonly scopes: readonly string[]
  /** The demands of step-up on the route (RFC 9470 §3): `acr_values`, and `max_age` in seconds. */
  readonly acr?: readonly string[] | undefined
  readonly maxAge?: number | undefined
  /** What a client without the authorization details of the route must request. */
  readonly remedy?: AuthorizationRemedy | undefined
  /** The schemes of the route, each with a challenge of its own. */
  readonly schemes: readonly OfferedScheme[]
  /** The URL of the metadata of the resource (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
  /** Further headers of the response, such as `DPoP-Nonce`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What a client must request to get the missing authorization details. */
export interface AuthorizationRemedy {
  /** The `authorization_details` of the request (RFC 9396 §2). */
  readonly details: readonly { readonly type: string; readonly [member: string]: unknown }[]
  /** An id by which the client finds a token that it already has. */
  readonly reference: string | undefined
}

/** A scheme that the route accepts. */
interface OfferedScheme {
  readonly name: 'Bearer' | 'DPoP'
  /** The algorithms of proofs, separated by spaces (RFC 9449 §5.1). */
  readonly algs?: string | undefined
  /** Whether the request presented its token under this scheme. Then the challenge has the error. */
  readonly isAttempted: boolean
}

/** The parts of a refusal that its challenges show. */
interface Refused {
  readonly status: 400 | 401 | 403
  readonly code: string | undefined
  readonly reason: string
  readonly message: string
}

/** Formats the challenges of a refusal (RFC 6750 §3, RFC 9449 §7.1, §7.2). */
export function formatChallenges(refused: Refused, context: ChallengeContext): readonly string[] {
  const { schemes } = context
  const isAttempted = refused.code !== undefined && schemes.some((scheme) => scheme.isAttempted)
  return schemes
    .filter((scheme) => scheme.isAttempted || !isAttempted || refused.reason === 'dpop-bound')
    .map((scheme) => challengeOf(refused, context, scheme, scheme.isAttempted || !isAttempted))
}

/** The challenge names the scopes for a client that needs a new token (401), or more scopes. */
function challengeOf(
  { status, code, reason, message }: Refused,
  { realm, scopes, acr, maxAge, remedy, resourceMetadata }: ChallengeContext,
  { name, algs }: OfferedScheme,
  hasError: boolean,
): string {
  const isStepUp = hasError && code === 'insufficient_user_authentication'
  const named = status === 401 || reason === 'missing-scope' ? withoutOfflineAccess(scopes) : []
  return formatChallenge(name, {
    realm,
    error: hasError ? code : undefined,
    error_description: code === undefined || !hasError ? undefined : message,
    acr_values: isStepUp ? acr?.join(' ') : undefined,
    max_age: isStepUp ? maxAge?.toString() : undefined,
    authorization_remediation: hasError && code === 'insufficient_authorization' ? formatRemedy(remedy) : undefined,
    scope: named.length > 0 ? named.join(' ') : undefined,
    algs,
    resource_metadata: resourceMetadata,
  })
}

/** Base64url JSON (draft-ietf-oauth-rar-metadata-remediation-00 §4). */
function formatRemedy(remedy: AuthorizationRemedy | undefined): string | undefined {
  if (remedy === undefined) {
    return undefined
  }
  const { details, reference } = remedy
  const json = JSON.stringify({ authorization_details: details, authorization_reference: reference })
  return Buffer.from(json).toString('base64url')
}

/** Formats a challenge of the `WWW-Authenticate` header (RFC 9110 §11.6.1). Parameters without a value are left out. */
export function formatChallenge(scheme: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const formatted = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value = '']) => `${name}=${quote(value)}`)
  return `${scheme} ${formatted.join(', ')}`
}

/** Whether the text is printable ASCII. Other bytes break a quoted-string (RFC 9110 §5.6.4). */
export function isQuotable(text: string): boolean {
  return /^[\x20-\x7E]+$/.test(text)
}

/** Whether the text is a scope token (RFC 6749 §3.3). */
export function isScope(text: string): boolean {
  return /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(text)
}

/** It concerns refresh tokens, and is no scope of a resource (MCP 2026-07-28). */
export const offlineAccess = 'offline_access'

export function withoutOfflineAccess(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => scope !== offlineAccess)
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, String.raw`\$&`)}"`
}

/** A page of another origin may read these headers (Fetch §3.3.3). */
export const exposedHeaders: Readonly<Record<string, string>> = {
  'Access-Control-Expose-Headers': 'WWW-Authenticate, DPoP-Nonce',
}

/** The headers of a response that carries a new nonce (RFC 9449 §8.2). */
export function nonceHeaders(nonce: string | undefined): Readonly<Record<string, string>> {
  return nonce === undefined ? {} : { 'DPoP-Nonce': nonce, 'Cache-Control': 'no-store', ...exposedHeaders }
}

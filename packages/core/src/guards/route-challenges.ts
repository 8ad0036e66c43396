import type { AccessToken } from '../access-token.ts'
import type { Demands } from './guard.ts'
import { attemptedSchemes, type Scheme } from '../request/credentials.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { type ChallengeContext, exposedHeaders, nonceHeaders } from '../responses/challenge.ts'

/** The parts of a validator's options that its challenges show. */
export interface ChallengeSettings {
  readonly realm: string
  readonly schemes: readonly Scheme[]
  /** The URL of the metadata of the resource, if it is served. */
  readonly metadataUrl: () => string | undefined
  readonly dpop: { readonly mode: 'off' | 'accepted' | 'required'; readonly algorithms: readonly string[] }
}

/**
 * The challenges of a route (RFC 6750 §3, RFC 9449 §7.1, §7.2). Where DPoP is required, Bearer has no challenge. A token
 * from another source than `Authorization` counts as Bearer.
 */
export function createChallengeContext(
  { realm, schemes, dpop, metadataUrl }: ChallengeSettings,
  {
    request,
    demands,
    nonce,
    token,
  }: {
    readonly request: HttpRequest | undefined
    readonly demands: Demands
    readonly nonce: string | undefined
    /** The valid token that a guard refused. */
    readonly token: Pick<AccessToken, 'scopes'> | undefined
  },
): ChallengeContext {
  const attempted = request === undefined ? [] : attemptedSchemes(request, schemes)
  const isRequired = dpop.mode === 'required' || demands.dpop === true
  const { scopes = [], keptScopes = [] } = demands
  return {
    realm,
    scopes: [...new Set([...scopes, ...keptScopes.filter((scope) => token?.scopes.has(scope))])],
    acr: demands.acr,
    maxAge: demands.maxAge,
    remedy: demands.remedy,
    resourceMetadata: metadataUrl(),
    schemes: schemes
      .filter((name) => name === 'DPoP' || !isRequired)
      .map((name) => ({
        name,
        algs: name === 'DPoP' ? dpop.algorithms.join(' ') : undefined,
        isAttempted: attempted.includes(name) || (attempted.length === 0 && name === 'Bearer'),
      })),
    headers: dpop.mode === 'off' ? undefined : { ...exposedHeaders, ...nonceHeaders(nonce) },
  }
}

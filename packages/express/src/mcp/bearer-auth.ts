import { withExpiration } from '@tollgate/core/adapter'
import type { AuthInfo, VerifiedAuthInfo } from '@tollgate/core/mcp'

/** The options that `requireBearerAuth` of the MCP SDK has beside the verifier. */
export interface BearerAuthOptions {
  readonly requiredScopes?: string[] | undefined
  readonly resourceMetadataUrl?: string | undefined
  readonly expectedResource?: URL | undefined
}

/** `requireBearerAuth` of the MCP SDK, version 1 or 2. */
export type RequireBearerAuth<Checker> = (options: {
  verifier: { verifyAccessToken(token: string): Promise<VerifiedAuthInfo> }
  requiredScopes?: string[]
  resourceMetadataUrl?: string
  expectedResource?: URL
}) => Checker

/**
 * Creates the middleware of the SDK for one request, whose token the validator has validated. Its verifier accepts that
 * token and no other.
 */
export function bearerAuthFor<Checker>(
  requireBearerAuth: RequireBearerAuth<Checker>,
  { requiredScopes, resourceMetadataUrl, expectedResource }: BearerAuthOptions,
  info: AuthInfo<unknown>,
): Checker {
  const metadataUrl = resourceMetadataUrl ?? info.resourceMetadataUrl
  return requireBearerAuth({
    verifier: {
      async verifyAccessToken(token) {
        if (token !== info.token) {
          throw new TypeError('Expected the SDK to read the token that the validator has validated')
        }
        return withExpiration(info as AuthInfo)
      },
    },
    ...(requiredScopes === undefined ? {} : { requiredScopes }),
    ...(metadataUrl === undefined ? {} : { resourceMetadataUrl: metadataUrl }),
    ...(expectedResource === undefined ? {} : { expectedResource }),
  })
}

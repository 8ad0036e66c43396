import { requireBearerAuth } from '@modelcontextprotocol/express'
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import { createProtect, type ProtectOptions } from '@tollgate/express'
import { createTokenVerifier } from '@tollgate/express/mcp'

export function createAuth(options: ProtectOptions): ReturnType<typeof requireBearerAuth> {
  const { validator } = createProtect(options)
  const verifier = createTokenVerifier(validator, {
    invalidToken: (message) => new OAuthError(OAuthErrorCode.InvalidToken, message),
  })
  return requireBearerAuth({ verifier, requiredScopes: ['files:read'] })
}

import type { AuthInfo as AuthInfo2, OAuthTokenVerifier as Verifier2 } from '@modelcontextprotocol/server'
import type { OAuthTokenVerifier as Verifier1 } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import type { AuthInfo as AuthInfo1 } from '@modelcontextprotocol/sdk/server/auth/types.js'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { requireBearerAuth as requireBearerAuth2 } from '@modelcontextprotocol/express'
import { requireBearerAuth as requireBearerAuth1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { type AccessToken, createProtect, createValidator, scopes } from '@tollgate/express'
import {
  type AuthInfo,
  createBearerAuth,
  createMcpFetch,
  createTokenVerifier,
  protectMcp,
  type toAuthInfo,
} from '@tollgate/express/mcp'
import express from 'express'
import { expectTypeOf, test } from 'vitest'
import { type TenantClaims, zodClaims } from './claims-schemas.ts'

const trust = { issuer: 'https://as.example', audience: 'https://api.example/mcp' }

test('AuthInfo is the type of both versions of the SDK', () => {
  expectTypeOf<AuthInfo>().toExtend<AuthInfo1>()
  expectTypeOf<AuthInfo>().toExtend<AuthInfo2>()
  expectTypeOf<AuthInfo<TenantClaims>>().toExtend<AuthInfo2>()
  expectTypeOf<ReturnType<typeof toAuthInfo<TenantClaims>>['extra']['auth']>().toEqualTypeOf<
    AccessToken<TenantClaims>
  >()
})

test('the verifier is the type of both versions of the SDK', () => {
  const validator = createValidator(trust)
  const verifier = createTokenVerifier(validator, { invalidToken: (message) => new Error(message) })
  expectTypeOf(verifier).toExtend<Verifier1>()
  expectTypeOf(verifier).toExtend<Verifier2>()
})

test('an application needs no cast', () => {
  const protect = createProtect({ ...trust, claims: zodClaims })
  const app = express()
  app.all('/mcp', protectMcp(protect, { tools: { 'delete-file': scopes('a') } }, scopes('b')), (req, res) => {
    expectTypeOf(protect.auth(req)).toEqualTypeOf<AccessToken<TenantClaims>>()
    res.end()
  })
  app.all('/1', createBearerAuth(requireBearerAuth1, protect, { requiredScopes: ['a'] }))
  app.all('/2', createBearerAuth(requireBearerAuth2, protect, { expectedResource: new URL('https://api.example/mcp') }))
  const handler = createMcpHandler(() => new McpServer({ name: 'files', version: '1.0.0' }))
  expectTypeOf(createMcpFetch(protect.validator, handler)).toEqualTypeOf<(request: Request) => Promise<Response>>()
})

test('an invalid option does not compile', () => {
  const uncalled = (): void => {
    const protect = createProtect(trust)
    // @ts-expect-error -- there is no such option
    protectMcp(protect, { origin: 'https://app.example' })
    // @ts-expect-error -- a scope is no guard
    protectMcp(protect, { tools: { 'delete-file': 'files:write' } })
    // @ts-expect-error -- the error for a refused token is missing
    createTokenVerifier(protect.validator, {})
    // @ts-expect-error -- the verifier is ours
    createBearerAuth(requireBearerAuth2, protect, { verifier: { verifyAccessToken: () => Promise.reject() } })
  }
  expectTypeOf(uncalled).toBeFunction()
})

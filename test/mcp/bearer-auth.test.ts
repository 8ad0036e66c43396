import { createServer } from 'node:http'
import { requireBearerAuth as requireBearerAuth2 } from '@modelcontextprotocol/express'
import { OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as requireBearerAuth1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { clientSecretBasic, createProtect, isRefusal, scopes, trustedIssuer } from '@tollgate/express'
import { createBearerAuth, createTokenVerifier, type McpOptions } from '@tollgate/express/mcp'
import { createMockIssuer, createSenderClient, type MockIssuer } from '@tollgate/mock-issuer'
import express, { type Request } from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '../harness/listen.ts'
import { type Received, send } from '../harness/send.ts'
import { call, metadataUrl, resource } from './open-mcp.ts'

const kits = [
  { name: 'version 1', requireBearerAuth: requireBearerAuth1 },
  { name: 'version 2', requireBearerAuth: requireBearerAuth2 },
]
type RequireBearerAuth = typeof requireBearerAuth1 | typeof requireBearerAuth2

interface BearerApi {
  readonly issuer: MockIssuer
  readonly send: (token: string | undefined, headers?: readonly (readonly [string, string])[]) => Promise<Received>
  readonly authInfos: Request['auth'][]
  readonly protect: ReturnType<typeof createProtect>
}

async function open(
  requireBearerAuth: RequireBearerAuth,
  options: Parameters<typeof createBearerAuth>[2] & McpOptions = { requiredScopes: ['files:read'] },
): Promise<BearerApi> {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const introspection = { client: clientSecretBasic(issuer.client.id, issuer.client.secret) }
  const trusted = trustedIssuer(issuer.url, { introspection })
  const protect = createProtect({ ...issuer.validatorOptions, issuer: trusted, resource })
  const authInfos: Request['auth'][] = []
  const app = express()
  app.set('env', 'test')
  app.post('/mcp', express.json(), createBearerAuth(requireBearerAuth, protect, options), (req, res) => {
    authInfos.push(req.auth)
    res.json({ ok: true })
  })
  const origin = await listen(createServer(app))
  return {
    issuer,
    authInfos,
    protect,
    send: (token, headers = token === undefined ? [] : [['Authorization', `Bearer ${token}`]]) =>
      send(origin, {
        method: 'POST',
        path: '/mcp',
        headers: [...headers, ['Content-Type', 'application/json']],
        body: JSON.stringify(call('delete-file')),
      }),
  }
}

describe.each(kits)('requireBearerAuth of $name with our validator', ({ requireBearerAuth }) => {
  test('a valid token passes, and the SDK sets `req.auth`', async () => {
    const api = await open(requireBearerAuth, { requiredScopes: ['files:read'], expectedResource: new URL(resource) })
    const token = await api.issuer.accessToken({ scope: 'files:read' })
    expect((await api.send(token)).status).toBe(200)
    expect(api.authInfos).toMatchObject([{ token, clientId: 'client-1', scopes: ['files:read'] }])
    expect(api.authInfos[0]?.extra?.['auth']).toBeDefined()
  })

  test('the refusals are ours, with our challenge', async () => {
    const api = await open(requireBearerAuth)
    const { challenges, ...absent } = await api.send(undefined)
    expect([absent.status, challenges]).toEqual([
      401,
      [`Bearer realm="api", scope="files:read", resource_metadata="${metadataUrl}"`],
    ])
    for (const name of ['expired', 'wrongAudience', 'garbage', 'tampered', 'senderConstrained'] as const) {
      const { status, challenges: refused } = await api.send(await api.issuer.wrongToken(name, { scope: 'files:read' }))
      expect(status, name).toBe(401)
      expect(refused.join()).toContain('error="invalid_token"')
      expect(refused.join()).toContain(`resource_metadata="${metadataUrl}"`)
    }
    const lacking = await api.send(await api.issuer.accessToken({ scope: 'other' }))
    expect(lacking.status).toBe(403)
    expect(lacking.challenges.join()).toContain('scope="files:read"')
    expect((await api.send(undefined, [['Authorization', 'Bearer']])).status).toBe(400)
    expect(api.authInfos).toEqual([])
  })

  test('an outage stays 503 with Retry-After, and has no challenge', async () => {
    const api = await open(requireBearerAuth)
    api.issuer.misbehave('jwks', { status: 503 })
    const { status, headers, challenges } = await api.send(await api.issuer.accessToken({ scope: 'files:read' }))
    expect([status, challenges]).toEqual([503, []])
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
    api.issuer.behave()
  })

  test('an opaque token whose issuer states no expiration passes', async () => {
    const api = await open(requireBearerAuth)
    const token = await api.issuer.opaqueToken({ scope: 'files:read', exp: undefined })
    expect((await api.send(token)).status).toBe(200)
    expect(api.authInfos[0]?.expiresAt).toBeGreaterThan(Date.now() / 1000)
  })

  test('origins and the scopes of tools apply', async () => {
    const tools = { 'delete-file': scopes('files:delete') }
    const api = await open(requireBearerAuth, { requiredScopes: ['files:read'], origins: [], tools })
    const reader = await api.issuer.accessToken({ scope: 'files:read' })
    const refused = await api.send(reader)
    expect(refused.status).toBe(403)
    expect(refused.challenges.join()).toContain('scope="files:read files:delete"')
    const token = await api.issuer.accessToken({ scope: 'files:read files:delete' })
    const authorization = ['Authorization', `Bearer ${token}`] as const
    expect((await api.send(token)).status).toBe(200)
    expect((await api.send(token, [authorization, ['Origin', 'https://evil.example']])).status).toBe(403)
  })

  test('the checks of the SDK itself stay in place', async () => {
    const expectedResource = new URL('https://other.example/mcp')
    const api = await open(requireBearerAuth, { expectedResource })
    const token = await api.issuer.accessToken()
    const { status, challenges } = await api.send(token)
    expect(status).toBe(401)
    expect(challenges.join()).toContain(`resource_metadata="${metadataUrl}"`)
  })

  test('the SDK refuses a token under the scheme DPoP', async () => {
    const api = await open(requireBearerAuth)
    const client = await createSenderClient({ clock: api.issuer.clock })
    const token = await api.issuer.accessToken({ scope: 'files:read', cnf: client.cnf })
    expect((await api.send(undefined, [['Authorization', `DPoP ${token}`]])).status).toBe(401)
    expect((await api.send(token)).status).toBe(401)
  })

  test('it needs the function of the SDK, and known options', async () => {
    const issuer = await createMockIssuer({ port: 'none' })
    onTestFinished(() => issuer.close())
    const protect = createProtect(issuer.validatorOptions)
    expect(() => createBearerAuth({} as never, protect)).toThrow(TypeError)
    expect(() => createBearerAuth(requireBearerAuth, protect, { scopes: ['a'] } as never)).toThrow(TypeError)
    expect(() => createBearerAuth(requireBearerAuth, (() => undefined) as never)).toThrow(TypeError)
  })
})

describe('createTokenVerifier', () => {
  const verifiers = [
    { name: 'version 1', invalidToken: (message: string) => new InvalidTokenError(message) },
    { name: 'version 2', invalidToken: (message: string) => new OAuthError(OAuthErrorCode.InvalidToken, message) },
  ]

  test.each(verifiers)('a refused token is an error of the SDK, $name', async ({ name, invalidToken }) => {
    const issuer = await createMockIssuer({ audience: resource, port: 'none' })
    onTestFinished(() => issuer.close())
    const protect = createProtect(issuer.validatorOptions)
    const verifier = createTokenVerifier(protect.validator, { invalidToken })
    const requireBearerAuth = name === 'version 1' ? requireBearerAuth1 : requireBearerAuth2
    const app = express().use(requireBearerAuth({ verifier }), (req, res) => void res.json(req.auth?.scopes))
    const origin = await listen(createServer(app))
    const present = (token: string) => send(origin, { headers: [['Authorization', `Bearer ${token}`]] })
    expect((await present(await issuer.accessToken({ scope: 'files:read' }))).body).toBe('["files:read"]')
    for (const token of [await issuer.wrongToken('expired'), 'garbage']) {
      const { status, challenges } = await present(token)
      expect(status).toBe(401)
      expect(challenges.join()).toContain('error="invalid_token"')
    }
    const error: unknown = await verifier.verifyAccessToken('garbage').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(name === 'version 1' ? InvalidTokenError : OAuthError)
    expect(isRefusal((error as Error).cause)).toBe(true)
  })

  test('it needs the option `invalidToken`', async () => {
    const issuer = await createMockIssuer({ port: 'none' })
    onTestFinished(() => issuer.close())
    const { validator } = createProtect(issuer.validatorOptions)
    for (const wrong of [{}, undefined, { invalidToken: InvalidTokenError.name }, { onError: () => undefined }]) {
      expect(() => createTokenVerifier(validator, wrong as never)).toThrow(TypeError)
    }
  })
})

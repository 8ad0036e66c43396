import { inspect } from 'node:util'
import {
  type AccessToken,
  clientSecretBasic,
  createValidator,
  scopes,
  trustedIssuer,
  type ValidatorOptions,
} from '@tollgate/core'
import { accessTokenOf, type AuthInfo, toAuthInfo } from '@tollgate/core/mcp'
import { createMockIssuer, type MockIssuer } from '@tollgate/mock-issuer'
import { describe, expect, onTestFinished, test } from 'vitest'
import { call, metadataUrl, modernCall, openMcp, resource } from './open-mcp.ts'
import { mcpServers } from './servers.ts'

describe.each(mcpServers)('the token of a tool: $name', (framework) => {
  test('a tool gets the AuthInfo of the SDK, with the access token in `extra.auth`', async () => {
    const mcp = await openMcp(framework)
    const token = await mcp.token('files:read', { client_id: 'agent' })
    for (const sent of [{ body: call('read-file') }, modernCall('read-file')]) {
      expect((await mcp.send({ token, ...sent })).status).toBe(200)
    }
    expect(mcp.calls).toHaveLength(2)
    for (const { authInfo } of mcp.calls) {
      const info = authInfo as AuthInfo
      expect(info).toMatchObject({ token, clientId: 'agent', scopes: ['files:read'], resourceMetadataUrl: metadataUrl })
      expect(info.resource?.href).toBe(resource)
      expect(info.expiresAt).toBe(info.extra.auth.claims.exp)
      expect(accessTokenOf(info).subject).toBe('alice')
      expect(accessTokenOf({ ...info })).toBe(info.extra.auth)
    }
  })

  test('on every other route, the member `auth` is the access token', async () => {
    const mcp = await openMcp(framework)
    const token = await mcp.token('files:read')
    await mcp.send({ token, body: call('read-file') })
    expect((await mcp.send({ token, method: 'GET', path: '/other' })).status).toBe(200)
    const [auth] = mcp.others as AccessToken[]
    expect(auth?.subject).toBe('alice')
    expect(auth?.scopes).toBeInstanceOf(Set)
  })
})

async function open(options: Partial<ValidatorOptions> = {}): Promise<{
  readonly issuer: MockIssuer
  readonly authInfoOf: (token: string) => Promise<AuthInfo>
}> {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const { id, secret } = issuer.client
  const introspection = { client: clientSecretBasic(id, secret) }
  const trusted = trustedIssuer(issuer.url, { introspection })
  const validator = createValidator({ ...issuer.validatorOptions, issuer: trusted, ...options })
  return { issuer, authInfoOf: async (token) => toAuthInfo(await validator.validate(token)) }
}

test('neither a log nor a serialization of AuthInfo contains the token, and a copy has it', async () => {
  const { issuer, authInfoOf } = await open()
  const token = await issuer.accessToken()
  const info = await authInfoOf(token)
  const shown = [JSON.stringify(info), JSON.stringify({ info }), inspect(info, { depth: 9, showHidden: true })].join()
  expect(shown).toContain('client-1')
  for (const segment of token.split('.')) {
    expect(shown).not.toContain(segment)
  }
  expect({ ...info }.token).toBe(token)
})

test('the metadata URL is absent until clients can get the document', async () => {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const validator = createValidator(issuer.validatorOptions)
  const auth = await validator.validate(await issuer.accessToken())
  expect(toAuthInfo(auth)).not.toHaveProperty('resourceMetadataUrl')
  expect(toAuthInfo(auth).resource?.href).toBe(resource)
  validator.metadata()
  expect(toAuthInfo(auth).resourceMetadataUrl).toBe(metadataUrl)
})

test('each validator has its own resource', async () => {
  const { issuer, authInfoOf } = await open({ resource: 'https://files.example/other' })
  const other = createValidator({ ...issuer.validatorOptions, audience: ['urn:a', 'urn:b'] })
  const token = await issuer.accessToken({ aud: [resource, 'urn:a'] })
  expect((await authInfoOf(token)).resource?.href).toBe('https://files.example/other')
  const info = toAuthInfo(await other.validate(token))
  expect(info).not.toHaveProperty('resource')
  expect(info).not.toHaveProperty('resourceMetadataUrl')
})

test('an opaque token without an expiration has no `expiresAt`, and one without a client has an empty id', async () => {
  const { issuer, authInfoOf } = await open()
  const info = await authInfoOf(await issuer.opaqueToken({ exp: undefined, client_id: undefined, scope: 'a b' }))
  expect(info).not.toHaveProperty('expiresAt')
  expect(info).toMatchObject({ clientId: '', scopes: ['a', 'b'] })
})

test('an object of another origin is a TypeError', () => {
  for (const wrong of [{}, { raw: () => 'x', scopes: new Set() }, undefined]) {
    expect(() => toAuthInfo(wrong as never)).toThrow(TypeError)
    expect(() => accessTokenOf({ extra: { auth: wrong } })).toThrow(TypeError)
    expect(() => accessTokenOf(wrong)).toThrow(TypeError)
  }
})

test('the scopes that a hierarchy adds count for the SDK too', async () => {
  const issuer = await createMockIssuer({ audience: resource, port: 'none' })
  onTestFinished(() => issuer.close())
  const validator = createValidator({
    ...issuer.validatorOptions,
    scopeHierarchy: { 'files:admin': ['files:read', 'files:write'] },
  })
  const auth = await validator.validate(await issuer.accessToken({ scope: 'files:admin' }), scopes('files:read'))
  expect(toAuthInfo(auth).scopes.toSorted()).toEqual(['files:admin', 'files:read', 'files:write'])
})

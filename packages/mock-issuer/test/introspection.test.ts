import { decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { MockClientOptions, MockIssuer } from '../src/index.ts'
import { basic, introspect, introspectWith, send, start, verifier } from './harness.ts'

const jwtType = 'application/token-introspection+jwt'

async function isActive(issuer: MockIssuer, token: string): Promise<boolean> {
  const { status, text } = await introspect(issuer, token)
  expect(status).toBe(200)
  const { active, ...others } = JSON.parse(text) as { active: boolean }
  // An inactive token has no other member: RFC 7662 §2.2.
  expect(Object.keys(others).length > 0).toBe(active)
  return active
}

test('an opaque token has the default claims under the given claims', async () => {
  const issuer = await start()
  issuer.clock.freeze(1_700_000_000_500)
  const token = await issuer.opaqueToken({ scope: 'read', sub: 'bob', client_id: undefined })
  expect(token).toMatch(/^opaque_[\w-]{43}$/)
  const { status, headers, text } = await introspect(issuer, token)
  expect([status, headers['content-type']]).toEqual([200, 'application/json'])
  expect(JSON.parse(text)).toEqual({
    active: true,
    iss: issuer.url,
    aud: 'https://api.example.com',
    sub: 'bob',
    iat: 1_700_000_000,
    exp: 1_700_000_300,
    jti: expect.any(String) as string,
    token_type: 'Bearer',
    scope: 'read',
  })
})

test('an opaque token can be a given string, and its last claims count', async () => {
  const issuer = await start()
  expect(await issuer.opaqueToken({}, { token: 't&=%20' })).toBe('t&=%20')
  issuer.revoke('t&=%20')
  await issuer.opaqueToken({ sub: 'bob' }, { token: 't&=%20' })
  expect(JSON.parse((await introspect(issuer, 't&=%20')).text)).toMatchObject({ active: true, sub: 'bob' })
  await expect(issuer.opaqueToken({}, { token: '' })).rejects.toThrow(TypeError)
})

test('a JWT of the issuer is active with its claims, and a wrong or unknown token is inactive', async () => {
  const issuer = await start()
  const token = await issuer.accessToken({ scope: 'read', sub: undefined })
  expect(JSON.parse((await introspect(issuer, token)).text)).toEqual({ active: true, ...decodeJwt(token) })
  for (const other of [await issuer.wrongToken('wrongAudience'), 'unknown', '__proto__']) {
    expect(await isActive(issuer, other), other).toBe(false)
  }
})

test('a revoked token of either kind is inactive', async () => {
  const issuer = await start()
  for (const token of [await issuer.opaqueToken(), await issuer.accessToken()]) {
    expect(await isActive(issuer, token)).toBe(true)
    issuer.revoke(token)
    issuer.revoke(token)
    expect(await isActive(issuer, token)).toBe(false)
  }
  expect(() => issuer.revoke('unknown')).toThrow(TypeError)
})

test('a token is active from its nbf to its exp by the clock of the issuer', async () => {
  const issuer = await start()
  issuer.clock.freeze(1_700_000_000_000)
  const token = await issuer.opaqueToken({ nbf: 1_700_000_060 })
  const withoutExpiry = await issuer.opaqueToken({ exp: undefined })
  expect(await isActive(issuer, token)).toBe(false)
  issuer.clock.advance('60s')
  expect(await isActive(issuer, token)).toBe(true)
  issuer.clock.advance('239s')
  expect(await isActive(issuer, token)).toBe(true)
  issuer.clock.advance('1s')
  expect(await isActive(issuer, token)).toBe(false)
  issuer.clock.advance('9999h')
  expect(await isActive(issuer, withoutExpiry)).toBe(true)
})

test('the issuer stores the newest 10,000 tokens', async () => {
  const issuer = await start()
  const oldest = await issuer.opaqueToken()
  const second = await issuer.opaqueToken()
  await Promise.all(Array.from({ length: 9_999 }, () => issuer.opaqueToken()))
  expect(await isActive(issuer, oldest)).toBe(false)
  expect(await isActive(issuer, second)).toBe(true)
})

test('a caller that accepts a JWT gets one that the keys verify', async () => {
  const issuer = await start({ algorithms: ['RS256', 'ES256'] })
  issuer.clock.freeze(1_700_000_000_000)
  const keys = await verifier(issuer)
  const token = await issuer.opaqueToken({ scope: 'read' })
  for (const [subject, expected] of [
    [token, expect.objectContaining({ active: true, scope: 'read', token_type: 'Bearer' })],
    ['unknown', { active: false }],
  ] as const) {
    const { status, headers, text } = await introspect(issuer, subject, { accept: `text/plain, ${jwtType};q=0.9` })
    expect([status, headers['content-type']]).toEqual([200, jwtType])
    const { payload, protectedHeader } = await jwtVerify(text, keys, { typ: 'token-introspection+jwt' })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toEqual({ iss: issuer.url, aud: 'api', iat: 1_700_000_000, token_introspection: expected })
  }
})

test('the audience of a JWT for a bearer token is the API', async () => {
  const issuer = await start({ client: { bearerToken: 'b-1' } })
  const headers = { authorization: 'Bearer b-1', accept: jwtType }
  const { text } = await introspectWith(issuer, await issuer.opaqueToken(), { headers })
  expect(decodeJwt(text)).toMatchObject({
    aud: 'https://api.example.com',
    token_introspection: { active: true, aud: 'https://api.example.com' },
  })
})

test('introspection accepts only a POST of one form with one token', async () => {
  const issuer = await start()
  const form = 'application/x-www-form-urlencoded'
  const authorization = basic(issuer.client.id, issuer.client.secret)
  for (const [status, body, type] of [
    [200, 'token=t&token_type_hint=access_token', `${form.toUpperCase()}; charset=utf-8`],
    [415, '{"token":"t"}', 'application/json'],
    [415, 'token=t', undefined],
    [400, '', form],
    [400, 'token=', form],
    [400, 'token=t&token=t', form],
    [400, 'token=t&token_type_hint=a&token_type_hint=b', form],
  ] as const) {
    const headers = { authorization, ...(type === undefined ? {} : { 'content-type': type }) }
    const received = await send(issuer, '/introspect', { method: 'POST', headers, body })
    expect(received.status, body).toBe(status)
    expect(JSON.parse(received.text)).toMatchObject(status === 200 ? { active: false } : { error: 'invalid_request' })
  }
  const get = await send(issuer, '/introspect', { headers: { authorization } })
  expect(get).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  expect(issuer.requests.at(-1)).toEqual({ endpoint: 'introspection', method: 'GET', path: '/introspect' })
})

test('introspection of a claim that JSON cannot contain is a 500', async () => {
  const issuer = await start()
  expect((await introspect(issuer, await issuer.opaqueToken({ size: 1n }))).status).toBe(500)
})

test('metadata names the endpoint and its authentication methods', async () => {
  const secretMethods = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']
  const cases: readonly [MockClientOptions, readonly string[]][] = [
    [{}, secretMethods],
    [{ keys: { keys: [] }, bearerToken: 'b-1' }, [...secretMethods, 'private_key_jwt', 'Bearer']],
  ]
  for (const [client, methods] of cases) {
    const issuer = await start({ client })
    expect(JSON.parse((await send(issuer, '/.well-known/oauth-authorization-server')).text)).toMatchObject({
      introspection_endpoint: `${issuer.url}/introspect`,
      introspection_endpoint_auth_methods_supported: methods,
      introspection_signing_alg_values_supported: ['ES256'],
    })
  }
})

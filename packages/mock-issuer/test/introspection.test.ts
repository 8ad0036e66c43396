import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import type { MockClientOptions, MockIssuer } from '../src/index.ts'
import { ask, basic, introspect, introspectWith, open } from './harness.ts'

const jwtType = 'application/token-introspection+jwt'

async function isActive(issuer: MockIssuer, token: string): Promise<boolean> {
  const { status, text } = await introspect(issuer, token)
  expect(status).toBe(200)
  const { active } = JSON.parse(text) as { active: boolean }
  const documents = [{ active: false }, expect.objectContaining({ active: true, iss: issuer.url })]
  expect(JSON.parse(text)).toEqual(documents[Number(active)])
  return active
}

function authorized(issuer: MockIssuer): Record<string, string> {
  return { authorization: basic(issuer.client.id, issuer.client.secret) }
}

test('an opaque token has the claims of an access token, and those it was given', async () => {
  const issuer = await open({ port: 'none' })
  issuer.clock.freeze(1_700_000_000_500)
  const token = await issuer.opaqueToken({ scope: 'read', sub: 'bob', client_id: undefined })
  expect(token).toMatch(/^opaque_[\w-]{43}$/)
  const { status, headers, text } = await introspect(issuer, token)
  expect(status).toBe(200)
  expect(headers['content-type']).toBe('application/json')
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

test('an opaque token may be a given string, of which the last claims count', async () => {
  const issuer = await open({ port: 'none' })
  expect(await issuer.opaqueToken({}, { token: 't&=%20' })).toBe('t&=%20')
  issuer.revoke('t&=%20')
  await issuer.opaqueToken({ sub: 'bob' }, { token: 't&=%20' })
  expect(JSON.parse((await introspect(issuer, 't&=%20')).text)).toMatchObject({ active: true, sub: 'bob' })
  await expect(issuer.opaqueToken({}, { token: '' })).rejects.toThrow(TypeError)
})

test('a signed access token is told about as well, a wrong or strange one is not', async () => {
  const issuer = await open({ port: 'none' })
  const token = await issuer.accessToken({ scope: 'read', sub: undefined })
  expect(JSON.parse((await introspect(issuer, token)).text)).toEqual({ active: true, ...decodeJwt(token) })
  for (const other of [await issuer.wrongToken('wrongAudience'), 'strange', '__proto__']) {
    expect(await isActive(issuer, other), other).toBe(false)
  }
})

test('a token that is revoked is inactive, of either kind', async () => {
  const issuer = await open({ port: 'none' })
  for (const token of [await issuer.opaqueToken(), await issuer.accessToken()]) {
    expect(await isActive(issuer, token)).toBe(true)
    issuer.revoke(token)
    expect(await isActive(issuer, token)).toBe(false)
    issuer.revoke(token)
  }
  expect(() => issuer.revoke('strange')).toThrow(TypeError)
})

test('a token is active from its nbf to its exp, by the clock of the issuer', async () => {
  const issuer = await open({ port: 'none' })
  issuer.clock.freeze(1_700_000_000_000)
  const token = await issuer.opaqueToken({ nbf: 1_700_000_060 })
  const eternal = await issuer.opaqueToken({ exp: undefined })
  expect(await isActive(issuer, token)).toBe(false)
  issuer.clock.advance('60s')
  expect(await isActive(issuer, token)).toBe(true)
  issuer.clock.advance('239s')
  expect(await isActive(issuer, token)).toBe(true)
  issuer.clock.advance('1s')
  expect(await isActive(issuer, token)).toBe(false)
  issuer.clock.advance('9999h')
  expect(await isActive(issuer, eternal)).toBe(true)
})

test('the oldest of more than 10,000 tokens is forgotten', async () => {
  const issuer = await open({ port: 'none' })
  const oldest = await issuer.opaqueToken()
  const second = await issuer.opaqueToken()
  await Promise.all(Array.from({ length: 9_999 }, () => issuer.opaqueToken()))
  expect(await isActive(issuer, oldest)).toBe(false)
  expect(await isActive(issuer, second)).toBe(true)
})

test('who accepts a JWT gets one that its keys verify', async () => {
  const issuer = await open({ port: 'none', algorithms: ['RS256', 'ES256'] })
  issuer.clock.freeze(1_700_000_000_000)
  const keys = createLocalJWKSet(JSON.parse((await ask(issuer, '/jwks')).text))
  const token = await issuer.opaqueToken({ scope: 'read' })
  for (const [subject, expected] of [
    [token, expect.objectContaining({ active: true, scope: 'read', token_type: 'Bearer' })],
    ['strange', { active: false }],
  ] as const) {
    const { status, headers, text } = await introspect(issuer, subject, { accept: `text/plain, ${jwtType};q=0.9` })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe(jwtType)
    const { payload, protectedHeader } = await jwtVerify(text, keys, { typ: 'token-introspection+jwt' })
    expect(protectedHeader.alg).toBe('RS256')
    expect(payload).toEqual({ iss: issuer.url, aud: 'api', iat: 1_700_000_000, token_introspection: expected })
  }
})

test('a signed answer to a bearer is for the audience', async () => {
  const issuer = await open({ port: 'none', client: { bearerToken: 'b-1' } })
  const headers = { authorization: 'Bearer b-1', accept: jwtType }
  const { text } = await introspectWith(issuer, await issuer.opaqueToken(), { headers })
  expect(decodeJwt(text)).toMatchObject({
    aud: 'https://api.example.com',
    token_introspection: { active: true, aud: 'https://api.example.com' },
  })
})

test('only a POST of one form with one token is a request', async () => {
  const issuer = await open()
  const form = 'application/x-www-form-urlencoded'
  const send = async (body: string, type: string): Promise<{ status: number; text: string }> => {
    const headers = { ...authorized(issuer), ...(type === '' ? {} : { 'content-type': type }) }
    const { status, text } = await ask(issuer, '/introspect', { method: 'POST', headers, body })
    return { status, text }
  }
  expect((await send('token=t&token_type_hint=access_token', `${form.toUpperCase()}; charset=utf-8`)).status).toBe(200)
  for (const [body, type, status] of [
    ['{"token":"t"}', 'application/json', 415],
    ['token=t', '', 415],
    ['', form, 400],
    ['token=', form, 400],
    ['token=t&token=t', form, 400],
    ['token=t&token_type_hint=a&token_type_hint=b', form, 400],
  ] as const) {
    const refused = await send(body, type)
    expect(refused.status, body).toBe(status)
    expect(JSON.parse(refused.text)).toMatchObject({ error: 'invalid_request' })
  }
  const got = await ask(issuer, '/introspect', { headers: authorized(issuer) })
  expect(got).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  expect(new Set(issuer.requests.map(({ endpoint }) => endpoint))).toEqual(new Set(['introspection']))
  expect(issuer.requests.at(-1)).toEqual({ endpoint: 'introspection', method: 'GET', path: '/introspect' })
})

test('a claim that is no JSON is a mistake that shows', async () => {
  const issuer = await open({ port: 'none' })
  const { status, text } = await introspect(issuer, await issuer.opaqueToken({ size: 1n }))
  expect(status).toBe(500)
  expect(text).toContain('BigInt')
})

test('metadata names the endpoint, and the ways in that there are', async () => {
  const bySecret = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt']
  const cases: readonly [MockClientOptions, readonly string[]][] = [
    [{}, bySecret],
    [{ keys: { keys: [] }, bearerToken: 'b-1' }, [...bySecret, 'private_key_jwt', 'Bearer']],
  ]
  for (const [client, methods] of cases) {
    const issuer = await open({ client })
    expect(JSON.parse((await ask(issuer, '/.well-known/oauth-authorization-server')).text)).toMatchObject({
      introspection_endpoint: `${issuer.url}/introspect`,
      introspection_endpoint_auth_methods_supported: methods,
      introspection_signing_alg_values_supported: ['ES256'],
    })
  }
})

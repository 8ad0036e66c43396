import { createLocalJWKSet, createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { request } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createMockIssuer, type MockIssuer, type MockIssuerOptions, wrongTokens } from '../src/index.ts'

async function open(options?: MockIssuerOptions): Promise<MockIssuer> {
  const issuer = await createMockIssuer(options)
  onTestFinished(() => issuer.close())
  return issuer
}

async function keysOf(issuer: MockIssuer): Promise<JSONWebKeySet> {
  const { dispatcher } = issuer.validatorOptions
  const { body } = await request(`${issuer.url}/jwks`, dispatcher === undefined ? {} : { dispatcher })
  return (await body.json()) as JSONWebKeySet
}

test('another library verifies its tokens, over loopback', async () => {
  const issuer = await open()
  const { payload, protectedHeader } = await jwtVerify(
    await issuer.accessToken({ scope: 'read', sub: undefined }),
    createRemoteJWKSet(new URL(`${issuer.url}/jwks`)),
    { issuer: issuer.url, audience: 'https://api.example.com', typ: 'at+jwt' },
  )
  expect(payload).toMatchObject({ scope: 'read', client_id: 'client-1' })
  expect(payload).not.toHaveProperty('sub')
  expect(protectedHeader.alg).toBe('ES256')
  expect(issuer.requests).toEqual([{ endpoint: 'jwks', method: 'GET', path: '/jwks' }])
})

test('without a port only its dispatcher reaches it', async () => {
  const issuer = await open({ port: 'none' })
  expect(issuer.url).toBe('https://issuer.example')
  const token = await issuer.accessToken()
  await expect(jwtVerify(token, createLocalJWKSet(await keysOf(issuer)))).resolves.toHaveProperty('payload')
  const { dispatcher } = issuer.validatorOptions
  await expect(request('https://elsewhere.example/', dispatcher === undefined ? {} : { dispatcher })).rejects.toThrow(
    Error,
  )
})

test('metadata names the issuer and its keys, at both well-known paths; the rest is not found', async () => {
  const issuer = await open()
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    const { body } = await request(`${issuer.url}/.well-known/${name}`)
    expect(await body.json()).toMatchObject({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })
  }
  expect((await request(`${issuer.url}/else`)).statusCode).toBe(404)
  expect((await request(`${issuer.url}/jwks`, { method: 'POST' })).statusCode).toBe(404)
  expect(issuer.requests.map(({ endpoint }) => endpoint)).toEqual(['metadata', 'metadata', 'unknown', 'unknown'])
})

test('a rotation publishes a new key, and keeps or withdraws the old ones', async () => {
  const issuer = await open({ port: 'none' })
  const first = decodeProtectedHeader(await issuer.accessToken()).kid
  await issuer.rotateKeys()
  const second = decodeProtectedHeader(await issuer.accessToken()).kid
  expect((await keysOf(issuer)).keys.map(({ kid }) => kid)).toEqual([second, first])
  await issuer.rotateKeys({ previous: 'withdrawn' })
  const third = decodeProtectedHeader(await issuer.accessToken()).kid
  expect((await keysOf(issuer)).keys.map(({ kid }) => kid)).toEqual([third])
  expect(new Set([first, second, third]).size).toBe(3)
})

test('it signs with each of its algorithms, and says so when it has no such key', async () => {
  const issuer = await open({ port: 'none', algorithms: ['RS256', 'Ed25519', 'ES384'] })
  const keys = createLocalJWKSet(await keysOf(issuer))
  for (const algorithm of ['RS256', 'Ed25519', 'ES384']) {
    const { protectedHeader } = await jwtVerify(await issuer.accessToken({}, { algorithm }), keys)
    expect(protectedHeader.alg).toBe(algorithm)
  }
  await expect(async () => issuer.accessToken({}, { algorithm: 'ES256' })).rejects.toThrow(TypeError)
})

test('its clock goes on, stands still, and jumps', async () => {
  const { clock } = await open({ port: 'none' })
  expect(Math.abs(clock() - Date.now())).toBeLessThan(1000)
  clock.freeze(1000)
  expect(clock()).toBe(1000)
  clock.advance('1.5s')
  clock.advance('1m')
  expect(clock()).toBe(62_500)
  clock.advance('-1s')
  expect(clock()).toBe(61_500)
  expect(() => clock.advance('soon' as '1s')).toThrow(TypeError)
  expect(() => clock.freeze('2020-01-01' as unknown as Date)).toThrow(TypeError)
})

test('every wrong token is wrong for jose as well, but for those of another kind', async () => {
  const issuer = await open({ port: 'none' })
  const keys = createLocalJWKSet(await keysOf(issuer))
  const otherKinds = new Set(['senderConstrained', 'idToken'])
  for (const name of wrongTokens.filter((candidate) => !otherKinds.has(candidate))) {
    const verified = jwtVerify(await issuer.wrongToken(name), keys, {
      issuer: issuer.url,
      audience: 'https://api.example.com',
      requiredClaims: ['exp'],
      ...(name === 'logoutToken' ? { typ: 'at+jwt' } : {}),
    })
    await expect(verified, name).rejects.toThrow(Error)
  }
  await expect(issuer.wrongToken('other' as 'expired')).rejects.toThrow(TypeError)
})

test.each([[{ audiences: 'x' }], [{ port: 'nome' }], [{ algorithms: [] }]])(
  '%o is a mistake that shows',
  async (options) => {
    await expect(createMockIssuer(options as unknown as MockIssuerOptions)).rejects.toThrow(TypeError)
  },
)

test('a fate of the previous keys that there is not is a mistake that shows', async () => {
  const issuer = await open({ port: 'none' })
  await expect(issuer.rotateKeys({ previous: 'withdraw' as 'withdrawn' })).rejects.toThrow(TypeError)
})

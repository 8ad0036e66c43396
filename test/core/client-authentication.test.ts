/** How the API tells the introspection endpoint who it is. The mock issuer checks it. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import {
  bearerToken,
  type ClientAuthentication,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createValidator,
  type IntrospectionOptions,
  privateKeyJwt,
  tlsClientAuth,
  trustedIssuer,
} from '@tollgate/core'
import { createMockIssuer, type MockIssuer, type MockIssuerOptions } from '@tollgate/mock-issuer'
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { certificate } from '../harness/certificates.ts'
import { status } from '../harness/upstream.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

type Way = (issuer: MockIssuer) => ClientAuthentication

interface Opened {
  readonly issuer: MockIssuer
  /** Presents a new opaque token. */
  readonly present: () => Promise<string>
}

async function open(
  client: MockIssuerOptions['client'],
  way: Way,
  introspection: Partial<IntrospectionOptions> = {},
): Promise<Opened> {
  const issuer = await createMockIssuer({ port: 'none', ...(client && { client }) })
  onTestFinished(() => issuer.close())
  const validator = createValidator({
    ...issuer.validatorOptions,
    issuer: trustedIssuer(issuer.url, { introspection: { client: way(issuer), ...introspection } }),
  })
  return {
    issuer,
    present: async () => reasonOf(validator.authenticate(requestWith(await issuer.opaqueToken()))),
  }
}

const pairs: Readonly<Record<string, { privateKey: KeyObject; publicKey: KeyObject }>> = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
}

function jwk(key: KeyObject): JWK & { kty: string } {
  return key.export({ format: 'jwk' }) as JWK & { kty: string }
}

describe.each(Object.entries(pairs))('a private key for %s', (algorithm, { privateKey, publicKey }) => {
  const forms: Readonly<
    Record<string, () => Parameters<typeof privateKeyJwt>[1] | Promise<Parameters<typeof privateKeyJwt>[1]>>
  > = {
    'a KeyObject': () => privateKey,
    PEM: () => privateKey.export({ format: 'pem', type: 'pkcs8' }),
    'the bytes of PEM': () => Buffer.from(privateKey.export({ format: 'pem', type: 'pkcs8' })),
    'a JWK': () => jwk(privateKey),
    'a CryptoKey': async () => (await importJWK(jwk(privateKey), algorithm)) as CryptoKey,
  }

  test.each(Object.entries(forms))('may come as %s', async (_name, form) => {
    const key = await form()
    const { present } = await open({ keys: { keys: [jwk(publicKey)] } }, () => privateKeyJwt('api', key))
    expect([await present(), await present()]).toEqual(['OK', 'OK'])
  })
})

test('the mock issuer takes every other way, and nobody else', async () => {
  const ways: readonly (readonly [Way, Way])[] = [
    [
      ({ client }) => clientSecretBasic(client.id, client.secret),
      ({ client }) => clientSecretBasic(client.id, 'wrong'),
    ],
    [({ client }) => clientSecretPost(client.id, client.secret), ({ client }) => clientSecretPost('x', client.secret)],
    [
      ({ client }) => clientSecretJwt(client.id, client.secret),
      ({ client }) => clientSecretJwt(client.id, 'x'.repeat(32)),
    ],
    [
      ({ client }) =>
        clientSecretJwt(client.id, client.secret, { algorithm: 'HS512', audience: 'introspection-endpoint' }),
      ({ client }) => clientSecretJwt(client.id, client.secret, { audience: 'https://stranger.example' }),
    ],
    [() => bearerToken('our-own-token'), () => bearerToken('another')],
    [() => bearerToken(async () => 'our-own-token'), () => bearerToken(() => 'another')],
  ]
  for (const [good, bad] of ways) {
    expect(await (await open({ bearerToken: 'our-own-token' }, good)).present()).toBe('OK')
    expect(await (await open({ bearerToken: 'our-own-token' }, bad)).present()).toBe('credentials-refused')
  }
})

test('an assertion is used again until it nears its end, and says what RFC 7523 demands', async () => {
  const api = await openAsking({
    introspection: { client: clientSecretJwt('urn:api', 'x'.repeat(32)), cacheFor: '0s' },
  })
  const assertions = (): readonly string[] => api.server.asked.map(({ form }) => form.get('client_assertion') ?? '')
  const now = Number(api.server.active()['iat']) + 60
  for (const seconds of [0, 1, 43, 1, 1]) {
    api.advance(seconds)
    expect(await api.reason('t')).toBe('OK')
  }
  const [first = '', second, third, fourth = '', fifth] = assertions()
  expect([second, third, fifth]).toEqual([first, first, fourth])
  expect(fourth).not.toBe(first)
  const { jti, ...claims } = decodeJwt(first)
  expect(claims).toEqual({ iss: 'urn:api', sub: 'urn:api', aud: api.server.url, iat: now, exp: now + 60 })
  expect(jti).not.toBe(decodeJwt(fourth).jti)
  expect(decodeProtectedHeader(first)).toEqual({ alg: 'HS256' })
  expect([...(api.server.asked[0]?.form.keys() ?? [])]).toEqual([
    'token',
    'token_type_hint',
    'client_id',
    'client_assertion_type',
    'client_assertion',
  ])
  api.advance(-600)
  expect(await api.reason('t'), 'a clock that was set back').toBe('OK')
  expect(assertions().at(-1)).not.toBe(fourth)
})

test('the key id of a JWK, or the one that is given, goes into the header', async () => {
  const key = { ...jwk(pairs['ES256']?.privateKey as KeyObject), kid: 'own' }
  const headers = []
  for (const client of [privateKeyJwt('api', key), privateKeyJwt('api', key, { keyId: 'other' })]) {
    const api = await openAsking({ introspection: { client } })
    await api.reason('t')
    headers.push(decodeProtectedHeader(api.server.asked[0]?.form.get('client_assertion') ?? ''))
  }
  expect(headers).toEqual([
    { alg: 'ES256', kid: 'own' },
    { alg: 'ES256', kid: 'other' },
  ])
})

test('a server that takes an assertion only once is noticed, and gets a new one every time from then on', async () => {
  const { issuer, present } = await open({ assertions: 'once' }, ({ client }) =>
    clientSecretJwt(client.id, client.secret),
  )
  const reasons = [await present(), await present(), await present(), await present()]
  expect(reasons).toEqual(['OK', 'OK', 'OK', 'OK'])
  // One refusal, and no more: five calls for four tokens.
  expect(issuer.requests.filter(({ endpoint }) => endpoint === 'introspection')).toHaveLength(5)
})

test('parallel questions to such a server all get their answer', async () => {
  const { present } = await open({ assertions: 'once' }, ({ client }) => clientSecretJwt(client.id, client.secret))
  expect(new Set(await Promise.all(Array.from({ length: 30 }, present)))).toEqual(new Set(['OK']))
})

test('one client for two issuers makes an assertion for each', async () => {
  const client = clientSecretJwt('api', 'x'.repeat(32))
  const both = await Promise.all([openAsking({ introspection: { client } }), openAsking({ introspection: { client } })])
  for (const api of both) {
    expect(await api.reason('t')).toBe('OK')
    expect(decodeJwt(api.server.asked[0]?.form.get('client_assertion') ?? '').aud).toBe(api.server.url)
  }
})

test('a bearer token that cannot be had is a failure of the application, and one that does not come is a time-out', async () => {
  const failing: readonly (() => string | Promise<string>)[] = [
    () => Promise.reject(new Error('no token')),
    () => '',
    () => 'a b',
    () => undefined as unknown as string,
    () => 'a\r\nx-evil: 1',
  ]
  for (const token of failing) {
    const api = await openAsking({ introspection: { client: bearerToken(token) } })
    await expect(api.authenticate('t')).rejects.not.toHaveProperty('reason')
    expect(api.server.asked).toHaveLength(0)
  }
  const never = await openAsking({
    introspection: { client: bearerToken(() => new Promise(() => undefined)), timeout: '50ms' },
  })
  expect(await never.reason('t')).toBe('timeout')
})

test('a function adds parameters and headers, and may leave out the hint', async () => {
  const calls: object[] = []
  const api = await openAsking({
    introspection: {
      parameters: async (call) => {
        calls.push(call)
        return { headers: { 'x-tenant': 'acme' }, parameters: { token_type_hint: undefined, realm: 'a&b=c' } }
      },
    },
  })
  expect(await api.reason('t')).toBe('OK')
  expect(calls).toEqual([{ issuer: api.server.url, endpoint: `${api.server.url}/introspect` }])
  expect([...(api.server.asked[0]?.form ?? [])]).toEqual([
    ['token', 't'],
    ['realm', 'a&b=c'],
  ])
  expect(api.server.asked[0]?.headers).toMatchObject({ 'x-tenant': 'acme', accept: 'application/json' })
})

test('what cannot be meant shows at start-up', async () => {
  const { cert, key } = await certificate('api')
  const other = await certificate('other')
  const { privateKey, publicKey } = pairs['ES256'] as (typeof pairs)[string]
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })
  const { privateKey: weakCryptoKey } = await crypto.subtle.generateKey(
    { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) },
    true,
    ['sign', 'verify'],
  )
  const secretKey = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])
  const mistakes: readonly (() => unknown)[] = [
    () => clientSecretBasic('', 'secret'),
    () => clientSecretBasic('api', ''),
    () => clientSecretBasic('api', undefined as unknown as string),
    () => clientSecretPost(7 as unknown as string, 'secret'),
    () => clientSecretJwt('api', 'short'),
    () => clientSecretJwt('api', 'x'.repeat(32), { algorithm: 'RS256' }),
    () => clientSecretJwt('api', 'x'.repeat(32), { audience: '' }),
    () => clientSecretJwt('api', 'x'.repeat(32), { audiences: 'issuer' } as object),
    () => privateKeyJwt('api', jwk(publicKey)),
    () => privateKeyJwt('api', publicKey),
    () => privateKeyJwt('api', createPublicKey(privateKey).export({ format: 'pem', type: 'spki' })),
    () => privateKeyJwt('api', encrypted),
    () => privateKeyJwt('api', 'not a key'),
    () => privateKeyJwt('api', { kty: 'EC' }),
    () => privateKeyJwt('api', undefined as unknown as JWK),
    () => privateKeyJwt('api', secretKey),
    () => privateKeyJwt('api', weak),
    () => privateKeyJwt('api', weakCryptoKey),
    () => privateKeyJwt('api', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey),
    () => privateKeyJwt('api', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    () => privateKeyJwt('api', generateKeyPairSync('x25519').privateKey),
    () => privateKeyJwt('api', generateKeyPairSync('ed448').privateKey),
    () => privateKeyJwt('api', privateKey, { algorithm: 'RS256' }),
    () => privateKeyJwt('api', { ...jwk(privateKey), alg: 'ES384' }),
    () => privateKeyJwt('api', privateKey, { keyId: '' }),
    () => privateKeyJwt('', privateKey),
    () => tlsClientAuth(''),
    () => tlsClientAuth('api', { cert, key: other.key }),
    () => tlsClientAuth('api', { cert: '', key: '' }),
    () => tlsClientAuth('api', { cert: null, key: null } as unknown as { cert: string; key: string }),
    () => tlsClientAuth('api', { cert, key: 'not a key' }),
    () => tlsClientAuth('api', { cert } as { cert: string; key: string }),
    () => tlsClientAuth('api', { cert, key, pfx: 'x' } as { cert: string; key: string }),
    () => bearerToken(''),
    () => bearerToken('a b'),
    () => bearerToken(undefined as unknown as string),
  ]
  for (const mistake of mistakes) {
    expect(mistake, String(mistake)).toThrow(wrong)
  }
  expect(() => tlsClientAuth('api', { cert, key })).not.toThrow()
})

test('what proves who we are shows nowhere', async () => {
  const { privateKey } = pairs['ES256'] as (typeof pairs)[string]
  const { d = '' } = jwk(privateKey)
  const clients = [
    clientSecretBasic('api', 'sentinel-secret-of-32-characters'),
    clientSecretPost('api', 'sentinel-secret-of-32-characters'),
    clientSecretJwt('api', 'sentinel-secret-of-32-characters'),
    bearerToken('sentinel-token'),
    privateKeyJwt('api', privateKey),
  ]
  for (const client of clients) {
    const api = await openAsking({ introspection: { client } })
    api.server.misbehave = status(401)
    const error = await api.authenticate('sentinel-opaque-token').catch((reason: unknown) => reason)
    const issuer = trustedIssuer('https://as.example', { introspection: { client } })
    const shown = inspect([client, issuer, api.validator, error], { depth: 12, showHidden: true, getters: true })
    expect(shown).not.toContain('sentinel')
    expect(shown).not.toContain(d)
    expect(JSON.stringify([client, issuer])).not.toContain('sentinel')
  }
})

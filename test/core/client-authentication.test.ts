/** How the API authenticates at the introspection endpoint. The mock issuer checks it. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import {
  bearerToken,
  type ClientAuthentication,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  createValidator,
  privateKeyJwt,
  tlsClientAuth,
  trustedIssuer,
} from '@tollgate/core'
import { createMockIssuer, type MockIssuer, type MockIssuerOptions } from '@tollgate/mock-issuer'
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { certificate } from '../harness/certificates.ts'
import { status } from '../harness/responses.ts'
import { openScriptedValidator, reasonOf, requestWith, type ScriptedValidator } from '../harness/scripted-validator.ts'

const invalidOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const longSecret = 'x'.repeat(32)

type Authenticate = (issuer: MockIssuer) => ClientAuthentication

interface Opened {
  readonly issuer: MockIssuer
  /** Presents a new opaque token. */
  readonly present: () => Promise<string>
}

async function open(client: NonNullable<MockIssuerOptions['client']>, authenticate: Authenticate): Promise<Opened> {
  const issuer = await createMockIssuer({ port: 'none', client })
  onTestFinished(() => issuer.close())
  const introspection = { client: authenticate(issuer) }
  const validator = createValidator({
    ...issuer.validatorOptions,
    issuer: trustedIssuer(issuer.url, { introspection }),
  })
  return { issuer, present: async () => reasonOf(validator.authenticate(requestWith(await issuer.opaqueToken()))) }
}

function formOf({ issuer }: ScriptedValidator, index = -1): URLSearchParams {
  return issuer.requests.filter(({ url }) => url === '/introspect').at(index)?.form ?? new URLSearchParams()
}

const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
}
const { privateKey, publicKey } = pairs.ES256

/** The bytes of a text, as the jsdom environment of vitest and Jest create them. */
function foreignBytes(text: string | Buffer): Uint8Array {
  return (runInNewContext('Uint8Array') as typeof Uint8Array).from(Buffer.from(text))
}

function jwk(key: KeyObject): JWK & { kty: string } {
  return key.export({ format: 'jwk' }) as JWK & { kty: string }
}

describe.each(Object.entries(pairs))('a private key for %s', (algorithm, pair) => {
  const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' })
  const forms: Readonly<Record<string, () => Promise<Parameters<typeof privateKeyJwt>[1]>>> = {
    'a KeyObject': async () => pair.privateKey,
    PEM: async () => pem,
    'the bytes of PEM': async () => Buffer.from(pem),
    'the bytes of PEM of another realm': async () => foreignBytes(pem),
    'a JWK': async () => jwk(pair.privateKey),
    'a CryptoKey': async () => (await importJWK(jwk(pair.privateKey), algorithm)) as CryptoKey,
  }

  test.each(Object.entries(forms))('is accepted as %s', async (_name, form) => {
    const key = await form()
    const { present } = await open({ keys: { keys: [jwk(pair.publicKey)] } }, () => privateKeyJwt('api', key))
    expect([await present(), await present()]).toEqual(['OK', 'OK'])
  })
})

const pairsOfClients: Readonly<Record<string, readonly [Authenticate, Authenticate]>> = {
  client_secret_basic: [
    ({ client }) => clientSecretBasic(client.id, client.secret),
    ({ client }) => clientSecretBasic(client.id, 'wrong'),
  ],
  client_secret_post: [
    ({ client }) => clientSecretPost(client.id, client.secret),
    ({ client }) => clientSecretPost('x', client.secret),
  ],
  client_secret_jwt: [
    ({ client }) => clientSecretJwt(client.id, client.secret),
    ({ client }) => clientSecretJwt(client.id, longSecret),
  ],
  'client_secret_jwt for the endpoint': [
    ({ client }) =>
      clientSecretJwt(client.id, client.secret, { algorithm: 'HS512', audience: 'introspection-endpoint' }),
    ({ client }) => clientSecretJwt(client.id, client.secret, { audience: 'https://stranger.example' }),
  ],
  'a bearer token': [() => bearerToken('our-own-token'), () => bearerToken('another')],
  'a bearer token of a function': [() => bearerToken(async () => 'our-own-token'), () => bearerToken(() => 'another')],
}

test.each(Object.entries(pairsOfClients))('%s authenticates the API, and a wrong one does not', async (_name, pair) => {
  const [good, bad] = pair
  expect(await (await open({ bearerToken: 'our-own-token' }, good)).present()).toBe('OK')
  expect(await (await open({ bearerToken: 'our-own-token' }, bad)).present()).toBe('credentials-refused')
})

test.each([
  ['urn:a:b', 'p%q+r:s'],
  ['ü', ':~*-._'],
])('the id %j and the secret %j are encoded in a Basic header', async (id, secret) => {
  const scripted = await openScriptedValidator({ introspection: { client: clientSecretBasic(id, secret) } })
  expect(await scripted.reason('t')).toBe('OK')
  const { authorization = '' } = scripted.issuer.requests.at(-1)?.headers ?? {}
  const parts = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
  expect(parts.map((part) => new URLSearchParams(`x=${part}`).get('x'))).toEqual([id, secret])
})

test('an assertion has the claims of RFC 7523, and is reused until it nears its end', async () => {
  const client = clientSecretJwt('urn:api', longSecret)
  const scripted = await openScriptedValidator({ introspection: { client, cacheFor: '0s' } })
  const now = Number(scripted.issuer.active()['iat']) + 60
  const assertions: string[] = []
  for (const seconds of [0, 1, 43, 1, 1, -600]) {
    scripted.advance(seconds)
    expect(await scripted.reason('t')).toBe('OK')
    assertions.push(formOf(scripted).get('client_assertion') ?? '')
  }
  const [first = '', second, third, fourth = '', fifth, afterSettingBack] = assertions
  expect([second, third, fifth]).toEqual([first, first, fourth])
  expect(fourth).not.toBe(first)
  expect(afterSettingBack).not.toBe(fourth)
  const { jti, ...claims } = decodeJwt(first)
  expect(claims).toEqual({ iss: 'urn:api', sub: 'urn:api', aud: scripted.issuer.url, iat: now, exp: now + 60 })
  expect(jti).not.toBe(decodeJwt(fourth).jti)
  expect(decodeProtectedHeader(first)).toEqual({ alg: 'HS256' })
  expect([...formOf(scripted).keys()]).toEqual([
    'token',
    'token_type_hint',
    'client_id',
    'client_assertion_type',
    'client_assertion',
  ])
})

test('the header of an assertion has the key id of the JWK, or the given one', async () => {
  const key = { ...jwk(privateKey), kid: 'own' }
  const headers = []
  for (const client of [privateKeyJwt('api', key), privateKeyJwt('api', key, { keyId: 'other' })]) {
    const scripted = await openScriptedValidator({ introspection: { client } })
    await scripted.reason('t')
    headers.push(decodeProtectedHeader(formOf(scripted).get('client_assertion') ?? ''))
  }
  expect(headers).toEqual([
    { alg: 'ES256', kid: 'own' },
    { alg: 'ES256', kid: 'other' },
  ])
})

test('a server that accepts an assertion only once refuses one call, and gets a new assertion from then on', async () => {
  const once: Authenticate = ({ client }) => clientSecretJwt(client.id, client.secret)
  const { issuer, present } = await open({ assertions: 'once' }, once)
  expect([await present(), await present(), await present(), await present()]).toEqual(['OK', 'OK', 'OK', 'OK'])
  expect(issuer.requests.filter(({ endpoint }) => endpoint === 'introspection')).toHaveLength(5)
  const simultaneous = await open({ assertions: 'once' }, once)
  expect(new Set(await Promise.all(Array.from({ length: 30 }, simultaneous.present)))).toEqual(new Set(['OK']))
})

test('one client for two issuers makes an assertion for each', async () => {
  const introspection = { client: clientSecretJwt('api', longSecret) }
  for (const scripted of await Promise.all([
    openScriptedValidator({ introspection }),
    openScriptedValidator({ introspection }),
  ])) {
    expect(await scripted.reason('t')).toBe('OK')
    expect(decodeJwt(formOf(scripted).get('client_assertion') ?? '').aud).toBe(scripted.issuer.url)
  }
})

test('a function without a bearer token is a failure of the application, and a late one is a timeout', async () => {
  const functions: readonly (() => string | Promise<string>)[] = [
    () => Promise.reject(new Error('no token')),
    () => '',
    () => 'a b',
    () => undefined as unknown as string,
    () => 'a\r\nx-evil: 1',
  ]
  for (const token of functions) {
    const scripted = await openScriptedValidator({ introspection: { client: bearerToken(token) } })
    await expect(scripted.authenticate('t')).rejects.not.toHaveProperty('reason')
    expect(scripted.issuer.count('/introspect')).toBe(0)
  }
  const client = bearerToken(() => new Promise(() => undefined))
  expect(await (await openScriptedValidator({ introspection: { client, timeout: '50ms' } })).reason('t')).toBe(
    'timeout',
  )
})

test('a function adds parameters and headers, and can omit the hint', async () => {
  const calls: object[] = []
  const scripted = await openScriptedValidator({
    introspection: {
      parameters: async (call) => {
        calls.push(call)
        return { headers: { 'x-tenant': 'acme' }, parameters: { token_type_hint: undefined, realm: 'a&b=c' } }
      },
    },
  })
  const { url } = scripted.issuer
  expect(await scripted.reason('t')).toBe('OK')
  expect(calls).toEqual([{ issuer: url, endpoint: `${url}/introspect` }])
  expect([...formOf(scripted)]).toEqual([
    ['token', 't'],
    ['realm', 'a&b=c'],
  ])
  expect(scripted.issuer.requests.at(-1)?.headers).toMatchObject({ 'x-tenant': 'acme', accept: 'application/json' })
})

test.each(['User-Agent', 'user-agent', 'USER-AGENT'])('a function replaces our user agent by %s', async (name) => {
  const parameters = (): object => ({ headers: { [name]: 'orders-api/1.0', 'X-Tenant': 'acme' } })
  const scripted = await openScriptedValidator({ introspection: { parameters } })
  const respond = scripted.issuer.routes['/introspect']
  const lines: string[] = []
  scripted.issuer.routes['/introspect'] = (request, response) => {
    const { rawHeaders } = request
    lines.push(...rawHeaders.flatMap((value, at) => (at % 2 === 0 ? [`${value}: ${rawHeaders[at + 1]}`] : [])))
    respond?.(request, response)
  }
  expect(await scripted.reason('t')).toBe('OK')
  expect(lines.filter((line) => /^(?:user-agent|x-tenant):/i.test(line)).toSorted()).toEqual([
    'user-agent: orders-api/1.0',
    'x-tenant: acme',
  ])
})

test.each<object | string | null>([
  'realm=a',
  null,
  [],
  { realm: 'a' },
  { parameters: { realm: 7 } },
  { parameters: new URLSearchParams('realm=a') },
  { parameters: { token: 'another' } },
  { parameters: { client_secret: 'another' } },
  { headers: new Headers({ 'x-tenant': 'a' }) },
  { headers: { Authorization: 'Basic YTpi' } },
  { headers: { host: 'other.example' } },
])('a function that returns %o is a failure of the application', async (parts) => {
  const scripted = await openScriptedValidator({ introspection: { parameters: () => parts as object } })
  await expect(scripted.authenticate('t')).rejects.toThrow(TypeError)
  expect(scripted.issuer.count('/introspect')).toBe(0)
})

test('wrong credentials are invalid options', async () => {
  const { cert, key } = await certificate('api')
  const other = await certificate('other')
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
    () => clientSecretJwt('api', longSecret, { algorithm: 'RS256' }),
    () => clientSecretJwt('api', longSecret, { audience: '' }),
    () => clientSecretJwt('api', longSecret, { audiences: 'issuer' } as object),
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
    expect(mistake, String(mistake)).toThrow(invalidOption)
  }
  expect(() => tlsClientAuth('api', { cert, key })).not.toThrow()
  const foreign = { cert: foreignBytes(cert) as Buffer, key: foreignBytes(key) as Buffer }
  expect(() => tlsClientAuth('api', foreign)).not.toThrow()
})

test('no secret shows in the client, the issuer, the validator or an error', async () => {
  const { d = '' } = jwk(privateKey)
  const clients = [
    clientSecretBasic('api', 'sentinel-secret-of-32-characters'),
    clientSecretPost('api', 'sentinel-secret-of-32-characters'),
    clientSecretJwt('api', 'sentinel-secret-of-32-characters'),
    bearerToken('sentinel-token'),
    privateKeyJwt('api', privateKey),
  ]
  for (const client of clients) {
    const { authenticate, issuer, validator } = await openScriptedValidator({ introspection: { client } })
    issuer.routes['/introspect'] = status(401)
    const error = await authenticate('sentinel-opaque-token').catch((reason: unknown) => reason)
    const trusted = trustedIssuer('https://as.example', { introspection: { client } })
    const shown = inspect([client, trusted, validator, error], { depth: 12, showHidden: true, getters: true })
    expect(shown).not.toContain('sentinel')
    expect(shown).not.toContain(d)
    expect(JSON.stringify([client, trusted])).not.toContain('sentinel')
  }
})

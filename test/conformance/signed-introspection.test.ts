import { createPublicKey, type KeyObject } from 'node:crypto'
import { trustedIssuer } from '@tollgate/core'
import { CompactEncrypt } from 'jose'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { audience, T0 } from '../harness/constants.ts'
import { encode, jws, keyPair, type Part } from '../harness/jws.ts'
import { client, openScriptedApi, type ScriptedApi, type ScriptedApiOptions } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'

const mediaType = 'application/token-introspection+jwt'
const typ = 'token-introspection+jwt'
const rsa = keyPair('RSA')
const curve = keyPair('P-256')
const stranger = keyPair('RSA')
const own = keyPair('RSA')
const keys = [
  { ...rsa.jwk, kid: 'rsa' },
  { ...curve.jwk, kid: 'ec' },
]

interface Signing {
  readonly header?: object
  readonly key?: KeyObject
  readonly algorithm?: string
}

interface SignedApi extends ScriptedApi {
  /** The payload of a good response, with these changes. */
  readonly payload: (changes?: object) => object
  /** The outcome of a request when the issuer sends this response. */
  readonly outcomeOf: (response: string, contentType?: string) => Promise<string>
}

async function open(
  adapter: Adapter,
  introspection: NonNullable<ScriptedApiOptions['introspection']> = { response: 'jwt' },
): Promise<SignedApi> {
  const api = await openScriptedApi(adapter, { keys, introspection: { cacheFor: '0s', ...introspection } })
  const { active, routes, url } = api.issuer
  return {
    ...api,
    payload: (changes) => ({ iss: url, aud: 'api', iat: T0, token_introspection: active(), ...changes }),
    outcomeOf: (response, contentType = mediaType) => {
      routes['/introspect'] = (_request, res) => res.writeHead(200, { 'content-type': contentType }).end(response)
      return api.present('t')
    },
  }
}

function sign(payload: Part, { header, key = rsa.privateKey, algorithm = 'RS256' }: Signing = {}): string {
  return jws({ alg: algorithm, kid: 'rsa', typ, ...header }, payload, key, algorithm)
}

const byCurve = { key: curve.privateKey, algorithm: 'ES256', header: { kid: 'ec' } }

verifies('IJW-01', 'the validator requests a JWT, and accepts only its content type and `typ`', async (adapter) => {
  const { issuer, outcomeOf, payload, seen } = await open(adapter)
  expect(await outcomeOf(sign(payload()))).toBe('OK')
  expect(seen()).toMatchObject({ kind: 'opaque', subject: 'alice' })
  expect(issuer.requests.find(({ url }) => url === '/introspect')?.headers.accept).toBe(mediaType)
  for (const other of ['JWT', undefined, 'at+jwt', 7, 'application/json']) {
    expect(await outcomeOf(sign(payload(), { header: { typ: other } })), String(other)).toBe('502')
  }
  for (const contentType of ['application/json', 'application/jwt', 'text/html', '']) {
    expect(await outcomeOf(sign(payload()), contentType), contentType).toBe('502')
  }
  const inOtherCase = sign(payload(), { header: { typ: 'application/Token-Introspection+JWT' } })
  expect(await outcomeOf(inOtherCase, `${mediaType}; charset=utf-8`)).toBe('OK')
})

verifies(
  'IJW-02',
  'the response is from the issuer, for this API, recent, and has the result as a member',
  async (adapter) => {
    const { issuer, outcomeOf, payload } = await open(adapter)
    const good = [{ aud: ['x', 'api'] }, { aud: audience }, { iat: T0 - 299 }, { iat: T0 + 59 }]
    const bad = [
      { iss: 'https://other.example' },
      { iss: undefined },
      { aud: 'another-api' },
      { aud: undefined },
      { aud: [] },
      { aud: { api: true } },
      { iat: undefined },
      { iat: 'now' },
      { iat: T0 - 301 },
      { iat: T0 + 61 },
      { token_introspection: undefined, ...issuer.active() },
      { token_introspection: null },
      { token_introspection: JSON.stringify(issuer.active()) },
      { token_introspection: issuer.active({ active: 'true' }) },
      { token_introspection: [issuer.active()] },
    ]
    for (const changes of good) {
      expect(await outcomeOf(sign(payload(changes))), JSON.stringify(changes)).toBe('OK')
    }
    for (const changes of bad) {
      expect(await outcomeOf(sign(payload(changes))), JSON.stringify(changes)).toBe('502')
    }
    expect(await outcomeOf(sign(payload({ token_introspection: { active: false } })))).toBe('E-TOK')
    const repeated = JSON.stringify(payload()).replace('{', '{"iat":1,')
    expect(await outcomeOf(sign(repeated)), 'a repeated member').toBe('502')
  },
)

verifies('IJW-03', 'members beside `token_introspection` say nothing about the token', async (adapter) => {
  const { issuer, outcomeOf, payload, seen } = await open(adapter)
  const beside = payload({ exp: T0 - 600, sub: 'mallory', scope: 'write', nbf: T0 + 600 })
  expect(await outcomeOf(sign(beside))).toBe('OK')
  expect(seen()?.subject).toBe('alice')
  const expired = { exp: T0 + 600, token_introspection: issuer.active({ exp: T0 - 600 }) }
  expect(await outcomeOf(sign(payload(expired)))).toBe('E-TOK')
})

verifies('IJW-04', 'the signature is an agreed one, and plain JSON is refused', async (adapter) => {
  const { issuer, outcomeOf, payload } = await open(adapter)
  const unsigned = `${encode({ alg: 'none', typ })}.${encode(payload())}.`
  const refused: Readonly<Record<string, string>> = {
    unsigned,
    'unsigned, with a signature': `${unsigned}AAAA`,
    'another algorithm': sign(payload(), byCurve),
    'a foreign key': sign(payload(), { key: stranger.privateKey }),
    'a critical extension': sign(payload(), { header: { crit: ['x'], x: 1 } }),
    'JSON under the content type of a JWT': JSON.stringify(payload()),
    nothing: '',
  }
  for (const [name, response] of Object.entries(refused)) {
    expect(await outcomeOf(response), name).toBe('502')
  }
  expect(await outcomeOf(JSON.stringify(issuer.active()), 'application/json')).toBe('502')

  const agreed = await open(adapter, { response: { algorithms: ['ES256'] } })
  expect(await agreed.outcomeOf(sign(agreed.payload(), byCurve))).toBe('OK')
  expect(await agreed.outcomeOf(sign(agreed.payload()))).toBe('502')
})

verifies('IJW-04', 'without the keys of the issuer, the response is 503', async (adapter) => {
  const { issuer, outcomeOf, payload } = await open(adapter)
  issuer.routes['/jwks'] = (request) => request.socket.destroy()
  expect(await outcomeOf(sign(payload()))).toBe('E-UP')
})

verifies('IJW-04', 'with decryption keys, only a response encrypted for one of them is accepted', async (adapter) => {
  const privateJwk = { ...own.privateKey.export({ format: 'jwk' }), alg: 'RSA-OAEP-256', kid: 'own' }
  const { outcomeOf, payload } = await open(adapter, { response: { decryptionKeys: [privateJwk] } })
  const encrypt = (text: string, key = own.privateKey, header: object = {}): Promise<string> =>
    new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A128CBC-HS256', kid: 'own', ...header })
      .encrypt(createPublicKey(key))
  const signed = sign(payload())
  expect(await outcomeOf(await encrypt(signed))).toBe('OK')
  expect(await outcomeOf(await encrypt(signed, own.privateKey, { kid: undefined })), 'without a key id').toBe('OK')
  const refused: Readonly<Record<string, string>> = {
    'encrypted for another key': await encrypt(signed, stranger.privateKey),
    'not signed': await encrypt(JSON.stringify(payload())),
    'not encrypted': signed,
    'another algorithm': await encrypt(signed, own.privateKey, { alg: 'RSA-OAEP' }),
  }
  for (const [name, response] of Object.entries(refused)) {
    expect(await outcomeOf(response), name).toBe('502')
  }
})

verifies('IJW-05', 'the response is no access token', async (adapter) => {
  const { issuer, payload, present } = await open(adapter)
  for (const type of [typ, 'JWT', undefined]) {
    const claims = { ...payload(), aud: audience, sub: 'alice', exp: T0 + 300, scope: 'read' }
    expect(await present(sign(claims, { header: { typ: type } })), String(type)).toBe('E-TOK')
  }
  expect(issuer.count('/introspect')).toBe(0)
})

verifies('IJW-04', 'a wrong `response` is an invalid option', async () => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  const privateJwk = own.privateKey.export({ format: 'jwk' })
  const weak = keyPair('RSA-1024').privateKey.export({ format: 'jwk' })
  for (const response of [
    'signed',
    null,
    { algorithms: [] },
    { algorithms: ['none'] },
    { algorithms: ['HS256'] },
    { algorithms: 'RS256' },
    { algorithm: 'RS256' },
    { decryptionKeys: [] },
    { decryptionKeys: own.jwk },
    { decryptionKeys: { ...own.jwk, alg: 'RSA-OAEP-256' } },
    { decryptionKeys: { ...weak, alg: 'RSA-OAEP-256' } },
    { decryptionKeys: { ...privateJwk, alg: 'RSA1_5' } },
    { decryptionKeys: { kty: 'oct', k: 'AAAA', alg: 'dir' } },
    { decryptionKeys: { ...keyPair('Ed25519').privateKey.export({ format: 'jwk' }), alg: 'ECDH-ES' } },
  ]) {
    const introspection = { client, response: response as 'jwt' }
    expect(() => trustedIssuer('https://as.example', { introspection }), JSON.stringify(response)).toThrow(wrong)
  }
  const introspection = { client, response: 'jwt' as const }
  expect(() => trustedIssuer('https://as.example', { introspection, secret: 'x'.repeat(32) })).toThrow(wrong)
})

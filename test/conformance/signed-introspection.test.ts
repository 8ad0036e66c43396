import { type KeyObject, createPublicKey } from 'node:crypto'
import { trustedIssuer } from '@tollgate/core'
import { CompactEncrypt } from 'jose'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { type Introspecting, openIntrospecting, client } from '../harness/introspecting.ts'
import { jws, keyPair, type Part } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { json } from '../harness/upstream.ts'
import { verifies } from '../harness/verifies.ts'

const mediaType = 'application/token-introspection+jwt'
const server = keyPair('RSA')
const curve = keyPair('P-256')
const stranger = keyPair('RSA')
const own = keyPair('RSA')

interface Signing {
  readonly header?: object
  readonly key?: KeyObject
  readonly algorithm?: string
  readonly contentType?: string
}

interface Signed extends Introspecting {
  /** The payload of a good answer, with these changes. */
  readonly payload: (changes?: object) => object
  /** What is answered from now on. */
  readonly answerWith: (payload: Part, signing?: Signing) => void
  /** Any text of that content type. */
  readonly answerText: (text: string, contentType?: string) => void
}

async function open(
  adapter: Adapter,
  answers: Exclude<Parameters<typeof openIntrospecting>[1], undefined>['introspection'] = { response: 'jwt' },
): Promise<Signed> {
  const api = await openIntrospecting(adapter, { introspection: { cacheFor: '0s', ...answers } })
  const keys = [
    { ...server.jwk, kid: 'rsa' },
    { ...curve.jwk, kid: 'ec' },
  ]
  api.server.upstream.routes['/jwks'] = json({ keys })

  function answerText(text: string, contentType = mediaType): void {
    api.server.misbehave = (_request, response) => response.writeHead(200, { 'content-type': contentType }).end(text)
  }

  return {
    ...api,
    answerText,
    payload: (changes = {}) => ({
      iss: api.server.url,
      aud: 'api',
      iat: T0,
      token_introspection: api.server.active(),
      ...changes,
    }),
    answerWith: (payload, { header, key = server.privateKey, algorithm = 'RS256', contentType } = {}) => {
      answerText(
        jws({ alg: algorithm, kid: 'rsa', typ: 'token-introspection+jwt', ...header }, payload, key, algorithm),
        contentType,
      )
    },
  }
}

verifies('IJW-01', 'it is asked for by Accept, and has the content type and the `typ` of one', async (adapter) => {
  const api = await open(adapter)
  api.answerWith(api.payload())
  expect(await api.present('t')).toBe('OK')
  expect(api.seen()).toMatchObject({ kind: 'opaque', subject: 'alice' })
  expect(api.server.asked[0]?.headers.accept).toBe(mediaType)
  for (const typ of ['JWT', undefined, 'at+jwt', 7, 'application/json']) {
    api.answerWith(api.payload(), { header: { typ } })
    expect(await api.present('t'), String(typ)).toBe('502')
  }
  for (const contentType of ['application/json', 'application/jwt', 'text/html', '']) {
    api.answerWith(api.payload(), { contentType })
    expect(await api.present('t'), contentType).toBe('502')
  }
  api.answerWith(api.payload(), {
    header: { typ: 'application/Token-Introspection+JWT' },
    contentType: `${mediaType}; charset=utf-8`,
  })
  expect(await api.present('t')).toBe('OK')
})

verifies('IJW-02', 'it is from this issuer and for us, and the verdict is in its one member', async (adapter) => {
  const api = await open(adapter)
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
    { token_introspection: undefined, ...api.server.active() },
    { token_introspection: null },
    { token_introspection: JSON.stringify(api.server.active()) },
    { token_introspection: { ...api.server.active(), active: 'true' } },
    { token_introspection: [api.server.active()] },
  ]
  for (const changes of good) {
    api.answerWith(api.payload(changes))
    expect(await api.present('t'), JSON.stringify(changes)).toBe('OK')
  }
  for (const changes of bad) {
    api.answerWith(api.payload(changes))
    expect(await api.present('t'), JSON.stringify(changes)).toBe('502')
  }
  api.answerWith(api.payload({ token_introspection: { active: false } }))
  expect(await api.present('t')).toBe('E-TOK')
  api.answerWith(JSON.stringify(api.payload()).replace('{', '{"iat":1,'))
  expect(await api.present('t'), 'a member twice').toBe('502')
})

verifies('IJW-03', 'what stands beside that member does not speak of the token', async (adapter) => {
  const api = await open(adapter)
  api.answerWith(api.payload({ exp: T0 - 600, sub: 'mallory', scope: 'write', nbf: T0 + 600 }))
  expect(await api.present('t')).toBe('OK')
  expect(api.seen()?.subject).toBe('alice')
  api.answerWith(api.payload({ exp: T0 + 600, token_introspection: api.server.active({ exp: T0 - 600 }) }))
  expect(await api.present('t')).toBe('E-TOK')
})

verifies(
  'IJW-04',
  'its signature is one that was agreed, and plain JSON in its place is a downgrade',
  async (adapter) => {
    const api = await open(adapter)
    const unsigned = (alg: string): string =>
      `${[{ alg, typ: 'token-introspection+jwt' }, api.payload()].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
    api.answerText(unsigned('none'))
    expect(await api.present('t'), 'none').toBe('502')
    api.answerText(`${unsigned('none')}AAAA`)
    expect(await api.present('t'), 'none, with a signature').toBe('502')
    api.answerWith(api.payload(), { key: curve.privateKey, algorithm: 'ES256', header: { kid: 'ec' } })
    expect(await api.present('t'), 'not agreed').toBe('502')
    api.answerWith(api.payload(), { key: stranger.privateKey })
    expect(await api.present('t'), 'foreign key').toBe('502')
    api.answerWith(api.payload(), { header: { crit: ['x'], x: 1 } })
    expect(await api.present('t'), 'critical').toBe('502')
    api.answerText(JSON.stringify(api.server.active()), 'application/json')
    expect(await api.present('t'), 'JSON').toBe('502')
    api.answerText(JSON.stringify(api.payload()))
    expect(await api.present('t'), 'JSON under the name of a JWT').toBe('502')
    api.answerText('')
    expect(await api.present('t'), 'nothing').toBe('502')

    const agreed = await open(adapter, { response: { algorithms: ['ES256'] } })
    agreed.answerWith(agreed.payload(), { key: curve.privateKey, algorithm: 'ES256', header: { kid: 'ec' } })
    expect(await agreed.present('t')).toBe('OK')
    agreed.answerWith(agreed.payload())
    expect(await agreed.present('t')).toBe('502')
  },
)

verifies('IJW-04', 'without the keys of the issuer nobody can tell', async (adapter) => {
  const api = await open(adapter)
  api.answerWith(api.payload())
  api.server.upstream.routes['/jwks'] = (request) => request.socket.destroy()
  expect(await api.present('t')).toBe('E-UP')
})

verifies('IJW-04', 'where encryption was agreed, an answer without it is none', async (adapter) => {
  const privateJwk = { ...own.privateKey.export({ format: 'jwk' }), alg: 'RSA-OAEP-256', kid: 'own' }
  const api = await open(adapter, { response: { decryptionKeys: [privateJwk] } })
  const signed = (payload: object): string =>
    jws({ alg: 'RS256', kid: 'rsa', typ: 'token-introspection+jwt' }, payload, server.privateKey, 'RS256')
  const encrypted = async (text: string, key: KeyObject, header: object = {}): Promise<string> =>
    new CompactEncrypt(new TextEncoder().encode(text))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A128CBC-HS256', kid: 'own', ...header })
      .encrypt(createPublicKey(key))
  api.answerText(await encrypted(signed(api.payload()), own.privateKey))
  expect(await api.present('t')).toBe('OK')
  api.answerText(await encrypted(signed(api.payload()), own.privateKey, { kid: undefined }))
  expect(await api.present('t'), 'without a key id').toBe('OK')
  api.answerText(await encrypted(signed(api.payload()), stranger.privateKey))
  expect(await api.present('t'), 'for somebody else').toBe('502')
  api.answerText(await encrypted(JSON.stringify(api.payload()), own.privateKey))
  expect(await api.present('t'), 'not signed').toBe('502')
  api.answerText(signed(api.payload()))
  expect(await api.present('t'), 'not encrypted').toBe('502')
  api.answerText(await encrypted(signed(api.payload()), own.privateKey, { alg: 'RSA-OAEP' }))
  expect(await api.present('t'), 'an algorithm that was not agreed').toBe('502')
})

verifies('IJW-05', 'it is itself no access token', async (adapter) => {
  const api = await open(adapter)
  for (const typ of ['token-introspection+jwt', 'JWT', undefined]) {
    const claims = { ...api.payload(), aud: audience, sub: 'alice', exp: T0 + 300, scope: 'read' }
    const token = jws({ alg: 'RS256', kid: 'rsa', typ }, claims, server.privateKey, 'RS256')
    expect(await api.present(token), String(typ)).toBe('E-TOK')
  }
  expect(api.server.asked).toHaveLength(0)
})

verifies('IJW-04', 'an agreement that cannot be meant shows at start-up', async () => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  const { privateKey } = keyPair('RSA-1024')
  for (const answers of [
    'jwt',
    null,
    { algorithms: [] },
    { algorithms: ['none'] },
    { algorithms: ['HS256'] },
    { algorithms: 'RS256' },
    { algorithm: 'RS256' },
    { decryptionKeys: [] },
    { decryptionKeys: own.jwk },
    { decryptionKeys: { ...own.jwk, alg: 'RSA-OAEP-256' } },
    { decryptionKeys: { ...privateKey.export({ format: 'jwk' }), alg: 'RSA-OAEP-256' } },
    { decryptionKeys: { ...own.privateKey.export({ format: 'jwk' }), alg: 'RSA1_5' } },
    { decryptionKeys: { kty: 'oct', k: 'AAAA', alg: 'dir' } },
    { decryptionKeys: { ...keyPair('Ed25519').privateKey.export({ format: 'jwk' }), alg: 'ECDH-ES' } },
  ]) {
    const introspection = { client, response: answers as 'jwt' }
    expect(() => trustedIssuer('https://as.example', { introspection }), JSON.stringify(answers)).toThrow(wrong)
  }
  const secret = 'x'.repeat(32)
  const introspection = { client, response: 'jwt' as const }
  expect(() => trustedIssuer('https://as.example', { introspection, secret })).toThrow(wrong)
})

/** The option `keys`: one JWK and PEM text. The option `secret`: several secrets. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createValidator, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { generate } from 'selfsigned'
import { expect, onTestFinished, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const polluted: object = Object.prototype

const issuer = 'https://as.example'
const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const [ec, other, rsa] = [keyPair('P-256'), keyPair('P-256'), keyPair('RSA')]

/** The `reason` for a token that this key signs. */
async function present(
  options: TrustedIssuerOptions,
  { key, alg = 'ES256', kid }: { readonly key: KeyObject | Uint8Array; readonly alg?: string; readonly kid?: string },
): Promise<string> {
  const validator = createValidator({ issuer: trustedIssuer(issuer, options), audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  return reasonOf(validator.authenticate(requestWith(jws({ alg, kid }, claimsOf(issuer), key, alg))))
}

function spki({ publicKey }: { readonly publicKey: KeyObject }): string {
  return publicKey.export({ format: 'pem', type: 'spki' })
}

test('one JWK verifies tokens, with its own kid only, or with every kid when it has none', async () => {
  expect(await present({ keys: ec.jwk }, { key: ec.privateKey })).toBe('OK')
  expect(await present({ keys: ec.jwk }, { key: ec.privateKey, kid: 'any' })).toBe('OK')
  expect(await present({ keys: ec.jwk }, { key: other.privateKey, kid: 'any' })).toBe('bad-signature')
  const keys = { ...ec.jwk, kid: 'k' }
  expect(await present({ keys }, { key: ec.privateKey, kid: 'k' })).toBe('OK')
  expect(await present({ keys }, { key: ec.privateKey })).toBe('OK')
  expect(await present({ keys }, { key: ec.privateKey, kid: 'other' })).toBe('unknown-key')
})

test('a key of a set that has no kid does not fit a token with a kid', async () => {
  expect(await present({ keys: { keys: [ec.jwk] } }, { key: ec.privateKey, kid: 'any' })).toBe('unknown-key')
})

test('PEM text contains public keys and certificates, of which any verifies tokens', async () => {
  const { cert, private: certKey } = await generate([{ name: 'commonName', value: 'as' }], { keySize: 2048 })
  const pkcs1 = rsa.publicKey.export({ format: 'pem', type: 'pkcs1' })
  const certified = { key: certKey as unknown as KeyObject, alg: 'RS256', kid: 'x' }
  expect(await present({ keys: spki(ec) }, { key: ec.privateKey, kid: 'x' })).toBe('OK')
  expect(await present({ keys: pkcs1 }, { key: rsa.privateKey, alg: 'PS256' })).toBe('OK')
  expect(await present({ keys: cert }, certified)).toBe('OK')
  expect(await present({ keys: cert }, { ...certified, key: rsa.privateKey })).toBe('bad-signature')
  const all = `subject=CN = as\r\n${cert.replaceAll(/\r?\n/g, '\r\n')}\n\n${spki(ec)}# another\n${spki(other)}${pkcs1}`
  for (const key of [ec, other]) {
    expect(await present({ keys: all }, { key: key.privateKey, kid: 'x' })).toBe('OK')
  }
  expect(await present({ keys: all }, certified)).toBe('OK')
  expect(await present({ keys: all }, { key: rsa.privateKey, alg: 'RS256' })).toBe('OK')
  expect(await present({ keys: all }, { key: keyPair('P-256').privateKey })).toBe('bad-signature')
})

test('PEM text with private material is an option error that says so', () => {
  const privates = [
    ec.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    ec.privateKey.export({ format: 'pem', type: 'sec1' }),
    rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }),
    rsa.privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }),
  ].map(String)
  for (const text of privates) {
    for (const keys of [text, `${spki(ec)}${text}`, text.replaceAll(/-----END[^]*/g, '')]) {
      expect(() => trustedIssuer(issuer, { keys })).toThrow(wrong)
      expect(() => trustedIssuer(issuer, { keys })).toThrow(/private key/)
    }
  }
  // The label lies: the block contains a private key.
  for (const text of privates.slice(0, 3)) {
    const disguised = text.replaceAll('PRIVATE KEY', 'PUBLIC KEY')
    expect(() => trustedIssuer(issuer, { keys: disguised }), disguised.slice(0, 30)).toThrow(wrong)
  }
  const variable = spki(ec).replaceAll('\n', String.raw`\n`)
  expect(() => trustedIssuer(issuer, { keys: variable })).toThrow(/line breaks/)
})

test('PEM text that cannot be read is an option error', () => {
  const pem = spki(ec)
  const small = createPublicKey(keyPair('RSA-1024').publicKey.export({ format: 'pem', type: 'spki' }))
  const dsa = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey
  for (const [name, keys] of Object.entries({
    truncated: pem.slice(0, 80),
    'no end': pem.replace(/-----END.*/, ''),
    'another end': pem.replace('END PUBLIC KEY', 'END CERTIFICATE'),
    garbage: pem.replace(/\n[^-]+/, '\nAAAA\n'),
    'not base64': pem.replace(/\n[^-]+/, '\n<script>\n'),
    'a certificate label': pem.replaceAll('PUBLIC KEY', 'CERTIFICATE'),
    'another label': pem.replaceAll('PUBLIC KEY', 'X509 CRL'),
    'one good and one bad block': `${pem}-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----`,
    'a small RSA key': small.export({ format: 'pem', type: 'spki' }),
    'a DSA key': dsa.export({ format: 'pem', type: 'spki' }),
    'an X25519 key': generateKeyPairSync('x25519').publicKey.export({ format: 'pem', type: 'spki' }),
    'five keys': Array.from({ length: 5 }, () => spki(keyPair('P-256'))).join(''),
    'sixty-five keys': pem.repeat(65),
    'a huge text': pem + ' '.repeat(512 * 1024),
    'only a beginning': '-----BEGIN ',
  })) {
    expect(() => trustedIssuer(issuer, { keys }), name).toThrow(wrong)
  }
})

test('the work for hostile PEM text is linear', () => {
  const start = performance.now()
  for (const text of [
    '-----BEGIN ',
    '-----BEGIN A',
    '-----BEGIN PUBLIC KEY-----\n',
    '-----BEGIN PUBLIC KEY-----AAAA',
  ]) {
    expect(() => trustedIssuer(issuer, { keys: text.repeat(Math.floor((500 * 1024) / text.length)) })).toThrow(wrong)
  }
  expect(performance.now() - start).toBeLessThan(10_000)
})

test.each([
  [null],
  [7],
  [true],
  [[]],
  [[ec.jwk]],
  [{}],
  [{ keys: null }],
  [{ keys: {} }],
  [{ keys: [] }],
  [{ kty: '' }],
  [{ kty: null }],
  [{ kty: 'oct', k: 'AAAA' }],
  [ec.privateKey.export({ format: 'jwk' })],
  [rsa.privateKey.export({ format: 'jwk' })],
  [{ ...ec.jwk, use: 'enc' }],
  [{ ...ec.jwk, kid: 7 }],
  [keyPair('RSA-1024').jwk],
  [JSON.stringify({ keys: [ec.jwk] })],
  [ec.publicKey],
  [Object.create({ kty: 'EC', ...ec.jwk })],
  [{ keys: Array.from({ length: 65 }, (_, index) => ({ ...ec.jwk, kid: String(index) })) }],
])('option error %# for `keys`', (keys) => {
  expect(() => trustedIssuer(issuer, { keys: keys as never })).toThrow(wrong)
})

test('members on Object.prototype make no key, and no private one', async () => {
  Object.defineProperty(polluted, 'keys', { value: [other.jwk], configurable: true, writable: true })
  Object.defineProperty(polluted, 'd', { value: 'AAAA', configurable: true, writable: true })
  try {
    expect(() => trustedIssuer(issuer, { keys: {} as never })).toThrow(wrong)
    expect(await present({ keys: ec.jwk }, { key: ec.privateKey })).toBe('OK')
    expect(await present({ keys: ec.jwk }, { key: other.privateKey })).toBe('bad-signature')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'keys')
    Reflect.deleteProperty(Object.prototype, 'd')
  }
})

const secrets = ['one', 'two', 'three', 'four', 'five'].map(
  (name) => `the secret number ${name} of the tests of secrets`,
)

test('any of several secrets verifies a token, and cached tokens stay cached', async () => {
  const bytes = secrets.map((secret) => Buffer.from(secret))
  const secret = [secrets[0] ?? '', bytes[1] ?? '', secrets[0] ?? '']
  const validator = createValidator({ issuer: trustedIssuer(issuer, { secret }), audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  for (const key of bytes.slice(0, 2)) {
    const token = jws({ alg: 'HS256' }, claimsOf(issuer), key, 'HS256')
    const before = validator.health().caches.jwt.hits
    for (let round = 0; round < 5; round += 1) {
      expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('OK')
    }
    expect(validator.health().caches.jwt.hits - before).toBeGreaterThanOrEqual(3)
  }
  for (const key of [...bytes.slice(2), new Uint8Array(32)]) {
    const token = jws({ alg: 'HS256' }, claimsOf(issuer), key, 'HS256')
    expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('bad-signature')
  }
  expect(await present({ secret: secrets.slice(0, 4) }, { key: bytes[3] ?? '', alg: 'HS256' } as never)).toBe('OK')
})

test('each of several secrets is checked, and there are one to four', () => {
  const long = secrets[0] ?? ''
  for (const secret of [
    [],
    secrets,
    [long, 'short'],
    [long, ''],
    [long, null],
    [long, 7],
    [long, [long]],
    [long, spki(ec)],
    [long, JSON.stringify(ec.jwk)],
    [long, ec.publicKey.export({ format: 'der', type: 'spki' })],
    Array.from({ length: 2 }),
    // oxlint-disable-next-line no-sparse-arrays -- A hole is no secret.
    [long, , long],
  ]) {
    expect(() => trustedIssuer(issuer, { secret: secret as never })).toThrow(wrong)
  }
  expect(() => trustedIssuer(issuer, { secret: [long, secrets[1] ?? ''], algorithms: ['HS512'] })).toThrow(wrong)
  expect(() => trustedIssuer(issuer, { secret: [long], keys: ec.jwk })).toThrow(wrong)
})

test('a change of the array after the start changes nothing', async () => {
  const secret = [secrets[0] ?? '']
  const trusted = trustedIssuer(issuer, { secret })
  secret.push(secrets[1] ?? '')
  const validator = createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const token = jws({ alg: 'HS256' }, claimsOf(issuer), Buffer.from(secrets[1] ?? ''), 'HS256')
  expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('bad-signature')
})

/** The diagnosis of keys that an issuer publishes, and that are not used. */
import { createValidator, type PassedOverKey, Refusal, trustedIssuer, type Validator } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { adapters } from '../harness/adapters.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { json } from '../harness/responses.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { requestWith } from '../harness/scripted-validator.ts'

const [ec, other, rsa] = [keyPair('P-256'), keyPair('P-256'), keyPair('RSA')]
const good = { ...other.jwk, kid: 'good' }

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  /** The error for a token of this key. */
  readonly errorOf: (pair: KeyPair, kid?: string) => Promise<Refusal>
  readonly readyError: () => Promise<Error>
}

async function open(keys: readonly unknown[]): Promise<Scene> {
  const issuer = await openScriptedIssuer(keys)
  const trusted = trustedIssuer(issuer.url, { keys: `${issuer.url}/jwks` })
  const validator = createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const thrownBy = (work: Promise<unknown>): Promise<never> =>
    work.then(
      () => new Error('nothing was thrown'),
      (error: unknown) => error,
    ) as Promise<never>
  return {
    issuer,
    validator,
    errorOf: (pair, kid) => {
      const token = jws({ alg: 'ES256', kid }, claimsOf(issuer.url), pair.privateKey, 'ES256')
      return thrownBy(validator.authenticate(requestWith(token)))
    },
    readyError: () => thrownBy(validator.ready()),
  }
}

const faults: readonly (readonly [reason: PassedOverKey['reason'], word: RegExp, key: object])[] = [
  ['not-for-signatures', /`use` is `enc`/, { ...ec.jwk, use: 'enc' }],
  ['not-for-signatures', /`use`/, { ...ec.jwk, use: 'sign' }],
  ['not-for-signatures', /`key_ops`/, { ...ec.jwk, key_ops: ['sign'] }],
  ['not-for-signatures', /`key_ops`/, { ...ec.jwk, key_ops: [] }],
  ['malformed-member', /`key_ops`/, { ...ec.jwk, key_ops: 'verify' }],
  ['malformed-member', /`alg`/, { ...ec.jwk, alg: 7 }],
  ['malformed-member', /`issuer`/, { ...ec.jwk, issuer: ['x'] }],
  ['member-too-long', /`x` has more than 4096/, { ...ec.jwk, x: 'A'.repeat(4097) }],
  ['member-too-long', /`n` has more than 1400/, { ...rsa.jwk, n: 'A'.repeat(1401) }],
  ['private-material', /private/, ec.privateKey.export({ format: 'jwk' })],
  ['private-material', /symmetric/, { kty: 'oct', k: 'AAAA' }],
  ['unsupported-type', /`crv`/, { ...ec.jwk, crv: 'secp256k1' }],
  ['unsupported-type', /`kty`/, { ...ec.jwk, kty: 'XYZ' }],
  ['unsupported-algorithm', /`alg`/, { ...rsa.jwk, alg: 'RSA-OAEP' }],
  ['invalid-key', /public key/, { ...ec.jwk, y: other.jwk.y }],
  ['rsa-size', /1024 bits/, keyPair('RSA-1024').jwk],
  ['rsa-exponent', /exponent/, { ...rsa.jwk, e: 'BA' }],
  ['not-a-key', /`kty`/, { use: 'sig' }],
  ['another-issuer', /`issuer`/, { ...ec.jwk, issuer: 'https://another.example' }],
  ['another-algorithm', /`alg`/, { ...rsa.jwk, alg: 'RS256' }],
]

test.each(faults)('a refusal names the published key of its kid: %s, %s', async (reason, word, key) => {
  const { errorOf } = await open([{ ...key, kid: 'bad' }, good])
  const refusal = await errorOf(ec, 'bad')
  expect(refusal).toBeInstanceOf(Refusal)
  expect(refusal).toMatchObject({ status: 401, reason: 'bad-signature' })
  expect(refusal.passedOver).toEqual([{ kid: 'bad', reason, message: expect.stringMatching(word) as string }])
  expect(Object.isFrozen(refusal.passedOver) && refusal.passedOver.every(Object.isFrozen)).toBe(true)
})

test('a refusal under another kid, and one of a forged signature, name no key', async () => {
  const { errorOf } = await open([{ ...ec.jwk, kid: 'bad', use: 'enc' }, good])
  expect(await errorOf(ec, 'unknown')).toMatchObject({ reason: 'unknown-key', passedOver: [] })
  expect(await errorOf(ec, 'good')).toMatchObject({ reason: 'bad-signature', passedOver: [] })
})

test('a refusal without a kid names the keys that could be meant, and those beyond four', async () => {
  const { errorOf } = await open([{ ...ec.jwk, use: 'enc' }, good])
  const { reason, passedOver } = await errorOf(ec)
  expect([reason, passedOver.map((key) => [key.kid, key.reason])]).toEqual([
    'bad-signature',
    [[undefined, 'not-for-signatures']],
  ])
  const many = await open(Array.from({ length: 6 }, () => keyPair('P-256').jwk))
  expect((await many.errorOf(ec)).passedOver.map((key) => key.reason)).toEqual(['too-many-keys', 'too-many-keys'])
})

test('the message of the channel and of the refusal agree, and the wire shows neither', async () => {
  const [adapter] = adapters
  const refusals = messagesOn('tollgate:refusal')
  const documents = messagesOn('tollgate:document')
  if (adapter === undefined) {
    throw new Error('there is no adapter')
  }
  const api = await openScriptedApi(adapter, { keys: [{ ...ec.jwk, kid: 'sentinel', use: 'enc' }, good] })
  const token = jws({ alg: 'ES256', kid: 'sentinel' }, claimsOf(api.issuer.url), ec.privateKey, 'ES256')
  const received = await api.send({ headers: [['Authorization', `Bearer ${token}`]] })
  expect(received.status).toBe(401)
  expect(JSON.stringify(received)).not.toMatch(/sentinel|enc`/)
  const key = { kid: 'sentinel', reason: 'not-for-signatures', message: '`use` is `enc`' }
  expect(refusals.at(-1)?.refusal.passedOver).toEqual([key])
  const loaded = documents.find(({ document, issuer }) => document === 'keys' && issuer === api.issuer.url)
  expect(loaded).toMatchObject({ outcome: 'loaded', passedOver: [key] })
})

test('the error for a set without a usable key names its keys and their faults', async () => {
  const { readyError, errorOf } = await open([
    { ...ec.jwk, kid: 'one', use: 'enc' },
    { ...keyPair('RSA-1024').jwk, kid: 'two' },
    { ...ec.jwk, crv: 'P-1' },
  ])
  const error = await readyError()
  expect(error).toMatchObject({ reason: 'no-usable-key' })
  for (const part of ['"one"', '`use` is `enc`', '"two"', '1024 bits', 'without `kid`', '`crv`']) {
    expect(error.message).toContain(part)
  }
  expect((await errorOf(ec, 'unknown')).passedOver).toHaveLength(3)
})

test('at most ten keys are named, with at most 100 printable characters of their kid', async () => {
  const kid = `"\\\n\u{1F600}é\u202E{"level":60}${'k'.repeat(1000)}`
  const documents = messagesOn('tollgate:document')
  const keys = Array.from({ length: 64 }, () => ({ ...ec.jwk, kid, use: 'enc' }))
  const { issuer, readyError, errorOf } = await open([...keys.slice(1), good])
  const { passedOver } = await errorOf(ec, kid)
  const loaded = documents.find((message) => message.issuer === issuer.url)
  for (const named of [passedOver, loaded?.passedOver ?? []]) {
    expect(named).toHaveLength(10)
    for (const key of named) {
      expect(key.kid).toMatch(/^[\x20-\x7E]{1,100}$/)
      expect(key.kid?.replaceAll(/\\u[\da-f]{4}/g, '')).not.toMatch(/["\\]./)
    }
  }
  const unusable = await open(keys)
  expect((await unusable.readyError()).message.length).toBeLessThan(3000)
  expect(await readyError()).toBeInstanceOf(Error)
})

test('every bound of a key set has its own reason in the message', async () => {
  const bounds: readonly (readonly [RegExp, unknown])[] = [
    [/65 keys.*64/, { keys: Array.from({ length: 65 }, () => ec.jwk) }],
    [/524288 bytes/, { keys: [ec.jwk], padding: 'x'.repeat(512 * 1024) }],
    [/no JWK Set/, { keys: [] }],
    [/no JWK Set/, {}],
  ]
  for (const [expected, document] of bounds) {
    const { issuer, readyError } = await open([])
    issuer.routes['/jwks'] = json(document)
    expect((await readyError()).message).toMatch(expected)
  }
  expect(() =>
    trustedIssuer('https://as.example', { keys: { keys: Array.from({ length: 65 }, () => ec.jwk) } }),
  ).toThrow(/64 keys, got 65/)
  expect(() => trustedIssuer('https://as.example', { keys: `https://as.example/${'x'.repeat(2048)}` })).toThrow(/2048/)
  expect(() => trustedIssuer(`https://as.example/${'x'.repeat(2048)}`)).toThrow(/2048/)
  expect(() => trustedIssuer('https://as.example', { keys: { keys: [{ ...ec.jwk, kid: 'k'.repeat(1025) }] } })).toThrow(
    /`kid` has more than 1024/,
  )
})

test('members of a key that are null or empty are absent', async () => {
  const empty = { alg: '', use: '', kid: '', n: '', e: '', d: '', k: '', issuer: '' }
  const nulls = Object.fromEntries([...Object.keys(empty), 'key_ops', 'priv'].map((name) => [name, null]))
  const alarms = messagesOn('tollgate:security')
  const before = alarms.length
  for (const members of [empty, nulls]) {
    const { issuer, validator } = await open([{ ...ec.jwk, ...members }])
    for (const kid of [undefined, '']) {
      const token = jws({ alg: 'ES256', kid }, claimsOf(issuer.url), ec.privateKey, 'ES256')
      await validator.authenticate(requestWith(token))
    }
  }
  expect(alarms).toHaveLength(before)
})

test('a refusal of an application takes its keys from the application only', () => {
  expect(new Refusal({ reason: 'x' }).passedOver).toEqual([])
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => new Refusal({ reason: 'x', passedOver: 'k' as never })).toThrow(wrong)
})

test.each<readonly [name: string, reason: PassedOverKey['reason'], kid: string, keys: readonly object[]]>([
  ['no kid', 'no-kid', '1', [ec.jwk, good]],
  ['no kid, and there is no other key', 'no-kid', '1', [ec.jwk]],
  ['a number as kid', 'malformed-member', '1', [{ ...ec.jwk, kid: 1 }, good]],
  ['too long a kid', 'member-too-long', 'k'.repeat(1025), [{ ...ec.jwk, kid: 'k'.repeat(1025) }, good]],
])('the refusal of a token whose key has %s names the key', async (_name, reason, kid, keys) => {
  const { errorOf } = await open(keys)
  const error = await errorOf(ec, kid)
  expect(error).toMatchObject({ status: 401, reason: 'unknown-key' })
  expect(error.passedOver).toContainEqual(expect.objectContaining({ kid: undefined, reason }))
})

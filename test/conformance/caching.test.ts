/** The cache stores a validated token, and never a decision. Most tests first present a good token, so that it is cached. */
import {
  audience as audienceGuard,
  claims as claimsGuard,
  createValidator,
  defineGuard,
  type Guard,
  Refusal,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { expect, onTestFinished } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { type Api, openApi } from '../harness/api.ts'
import { json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'
import { encode, jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const minute = 60
const hour = 60 * minute

function published({ jwk }: KeyPair, kid = 'k'): object {
  return { ...jwk, kid }
}

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  /** In seconds. The clock stands still unless a test sets it. */
  readonly time: { now: number }
  readonly present: Api['present']
  /** Opens another API with the same validator. */
  readonly withGuards: (...guards: readonly Guard[]) => Promise<Api>
  /** A good token for a day, with these changes. */
  readonly sign: (changes?: object, header?: object, pair?: KeyPair) => string
  readonly reason: (token: string) => Promise<string>
  /** Presents a good token twice. */
  readonly cache: (token: string) => Promise<void>
}

interface SceneOptions {
  readonly issuer?: TrustedIssuerOptions
  readonly validator?: Partial<ValidatorOptions>
  readonly guards?: readonly Guard[]
}

async function open(
  adapter: Adapter,
  { issuer: trusted, validator: options, guards }: SceneOptions = {},
): Promise<Scene> {
  const time = { now: T0 }
  const issuer = await openScriptedIssuer([published(first)])
  const validator = createValidator({
    issuer: trustedIssuer(issuer.url, trusted),
    audience,
    clock: () => time.now * 1000,
    ...options,
  })
  onTestFinished(() => validator.close())
  const { present } = await openApi(adapter, { protection: validator, guards: guards ?? [scopes('read')] })
  return {
    issuer,
    validator,
    time,
    present,
    withGuards: (...others) => openApi(adapter, { protection: validator, guards: others }),
    sign: (changes = {}, header = {}, { privateKey } = first) => {
      const claims = { ...claimsOf(issuer.url), exp: T0 + 24 * hour, ...changes }
      return jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt', ...header }, claims, privateKey, 'ES256')
    },
    reason: (token) => reasonOf(validator.authenticate(requestWith(token))),
    cache: async (token) => {
      expect(await present(token)).toBe('OK')
      expect(await present(token)).toBe('OK')
    },
  }
}

/** Presents the token on the fast path and on the full path. */
async function expectRefused(scene: Scene, token: string, reason: string): Promise<void> {
  expect(await scene.present(token)).toBe('E-TOK')
  expect(await scene.reason(token)).toBe(reason)
  expect(await scene.present(token)).toBe('E-TOK')
}

verifies(
  'KEY-12',
  'a cached token is refused after its key is withdrawn and the key set is refreshed',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.cache(token)
    scene.issuer.routes['/jwks'] = json({ keys: [published(second, 'other')] })
    scene.time.now += 7 * minute
    expect(await scene.present(token)).toBe('OK')
    scene.time.now += 3 * minute
    await expectRefused(scene, token, 'unknown-key')
    expect(await scene.present(scene.sign({}, { kid: 'other' }, second))).toBe('OK')
  },
)

verifies(
  'KEY-12',
  'a cached token is refused after a token with a new key has refreshed the key set',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.cache(token)
    scene.issuer.routes['/jwks'] = json({ keys: [published(second, 'other')] })
    expect(await scene.present(scene.sign({}, { kid: 'other' }, second))).toBe('OK')
    await expectRefused(scene, token, 'unknown-key')
  },
)

verifies('KEY-12', 'a new key with the same kid does not stand for the tokens of the old one', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign()
  await scene.cache(token)
  scene.issuer.routes['/jwks'] = json({ keys: [published(second)] })
  scene.time.now += 10 * minute
  await expectRefused(scene, token, 'bad-signature')
  await scene.cache(scene.sign({}, {}, second))
})

verifies(
  'KEY-12',
  'a key with another use, algorithm or kid does not stand for the tokens of the old one',
  async (adapter) => {
    for (const change of [{ use: 'enc' }, { key_ops: ['encrypt'] }, { alg: 'ES384' }, { kid: 'renamed' }]) {
      const scene = await open(adapter)
      const token = scene.sign()
      await scene.cache(token)
      scene.issuer.routes['/jwks'] = json({ keys: [{ ...published(first), ...change }, published(second, 'other')] })
      scene.time.now += 10 * minute
      expect(await scene.present(token), JSON.stringify(change)).toBe('E-TOK')
      expect(await scene.present(token), JSON.stringify(change)).toBe('E-TOK')
    }
  },
)

verifies(
  ['KEY-12', 'ERR-01'],
  'in an outage, cached tokens pass until the keys are too old, and get 503 afterwards',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.cache(token)
    scene.issuer.routes['/jwks'] = status(503)
    scene.time.now += 10 * minute + hour - 1
    await scene.cache(token)
    scene.time.now += 1
    expect(await scene.present(token)).toBe('E-UP')
    expect(await scene.present(token)).toBe('E-UP')
    scene.issuer.routes['/jwks'] = json({ keys: [published(first)] })
    scene.time.now += minute
    expect(await scene.present(token)).toBe('OK')
  },
)

verifies('KEY-12', 'cached tokens of a seed are refused when the issuer publishes other keys', async (adapter) => {
  const scene = await open(adapter, { issuer: { seed: { keys: [published(first)] } } })
  scene.issuer.routes['/jwks'] = status(503)
  const token = scene.sign()
  await scene.cache(token)
  scene.issuer.routes['/jwks'] = json({ keys: [published(second, 'other')] })
  // A failure that arrives late starts a back-off at the time of the clock.
  await waitFor(async () => {
    scene.time.now += minute
    return (await scene.present(token)) === 'E-TOK'
  })
  await expectRefused(scene, token, 'unknown-key')
})

verifies(['KEY-12', 'ERR-01'], 'cached tokens of a seed get 503 after its hour', async (adapter) => {
  const scene = await open(adapter, { issuer: { seed: { keys: [published(first)] } } })
  scene.issuer.routes['/jwks'] = status(503)
  const token = scene.sign()
  await scene.cache(token)
  scene.time.now += hour
  expect(await scene.present(token)).toBe('E-UP')
  expect(await scene.present(token)).toBe('E-UP')
})

verifies(['AUD-02', 'INT-08'], 'the audience of a route is checked for a cached token', async (adapter) => {
  const scene = await open(adapter)
  const reports = await scene.withGuards(audienceGuard('urn:reports'))
  const token = scene.sign()
  await scene.cache(token)
  expect(await reports.present(token)).toBe('E-TOK')
  expect(await scene.present(token)).toBe('OK')
  expect(await reports.present(token)).toBe('E-TOK')
})

verifies(
  'AUD-02',
  'a token that one validator has cached is refused by a validator with another audience',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.cache(token)
    const other = { issuer: scene.issuer.url, audience: 'urn:other', clock: () => T0 * 1000 }
    const { present } = await openApi(adapter, { protection: other })
    expect(await present(token)).toBe('E-TOK')
    expect(await present(token)).toBe('E-TOK')
  },
)

verifies(['CLM-01', 'INT-05'], 'a cached token expires at `exp` plus the tolerance', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign({ exp: T0 + 300 })
  await scene.cache(token)
  scene.time.now = T0 + 304.999
  await scene.cache(token)
  scene.time.now = T0 + 305
  await expectRefused(scene, token, 'expired')
})

verifies('CLM-02', 'a cached token is refused while the clock is before `nbf`', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign({ nbf: T0 - 10 })
  await scene.cache(token)
  scene.time.now = T0 - 15
  expect(await scene.present(token)).toBe('OK')
  scene.time.now = T0 - 15.001
  await expectRefused(scene, token, 'not-yet-valid')
  scene.time.now = T0
  expect(await scene.present(token)).toBe('OK')
})

verifies(['CLM-04', 'CLM-09'], '`maxLifetime` and `iat` are checked for a cached token', async (adapter) => {
  const scene = await open(adapter, { issuer: { maxLifetime: '6m' } })
  const long = scene.sign({ exp: T0 + 300, iat: T0 - 120 })
  await scene.cache(long)
  scene.time.now = T0 - 60.001
  await expectRefused(scene, long, 'lifetime-too-long')
  scene.time.now = T0
  const young = scene.sign({ exp: T0 + 200, iat: T0 - 60 })
  await scene.cache(young)
  scene.time.now = T0 - 65.001
  await expectRefused(scene, young, 'issued-in-the-future')
})

verifies('INT-08', 'a clock that returns NaN accepts no cached token', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign()
  await scene.cache(token)
  scene.time.now = NaN
  expect(await scene.present(token)).not.toBe('OK')
})

verifies('INT-08', 'the guards of a route run for every cached token', async (adapter) => {
  let result: 'pass' | Refusal = 'pass'
  let isBlocked = false
  const slow = defineGuard({
    check: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return result
    },
  })
  const scene = await open(adapter, { guards: [scopes('read'), slow, claimsGuard(() => !isBlocked, 'blocked')] })
  const writing = await scene.withGuards(scopes('write'))
  const token = scene.sign()
  await scene.cache(token)
  expect(await writing.present(token)).toBe('E-SCOPE')
  result = new Refusal({ reason: 'not-today' })
  expect(await scene.present(token)).toBe('E-SCOPE')
  result = 'pass'
  isBlocked = true
  expect(await scene.present(token)).toBe('E-SCOPE')
  isBlocked = false
  expect(await scene.present(token)).toBe('OK')
})

verifies('INT-08', 'the claims schema runs for every cached token', async (adapter) => {
  let isGood = true
  const schema: ValidatorOptions['claims'] = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => (isGood ? { value: value as never } : { issues: [{ message: 'no' }] }),
    },
  }
  const scene = await open(adapter, { validator: { claims: schema } })
  const token = scene.sign()
  await scene.cache(token)
  isGood = false
  await expectRefused(scene, token, 'wrong-claims')
  isGood = true
  expect(await scene.present(token)).toBe('OK')
})

verifies('INT-08', 'a token with `cnf` is refused however often it comes', async (adapter) => {
  const scene = await open(adapter)
  for (const cnf of [{ jkt: 'a thumbprint' }, { 'x5t#S256': 'a thumbprint' }, {}, null, 'x', false]) {
    const token = scene.sign({ cnf })
    await expectRefused(scene, token, 'sender-constrained')
  }
})

/** Tokens that differ little from a good one. */
function forgeriesOf(token: string): readonly string[] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('')
  return [
    ...[{ sub: 'bob' }, { scope: 'read write' }, {}].map(
      (change) => `${header}.${encode({ ...claims, ...change, more: 1 })}.${signature}`,
    ),
    ...[{ alg: 'none' }, { alg: 'ES256' }, { alg: 'HS256', kid: 'k' }].map(
      (other) => `${encode(other)}.${payload}.${signature}`,
    ),
    jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, claims, second.privateKey, 'ES256'),
    ...alphabet.map((end) => `${header}.${payload}.${signature.slice(0, -1)}${end}`),
    ...alphabet.map((end) => `${header}.${payload.slice(0, -1)}${end}.${signature}`),
    ...['.', '.x', 'A', '=', '.A', `.${signature}`, '\u00e9', ' x', ', Bearer x', ','].map((end) => `${token}${end}`),
    ...['.', 'A', '=', `${header}.`, '\u00e9'].map((start) => `${start}${token}`),
    ...[' ', '\t', '=', '.', '\u00a0'].map((inside) => `${header}.${payload}${inside}.${signature}`),
    `${header}.${payload}.`,
    `${header}.${payload}`,
    token.toUpperCase(),
    token.toLowerCase(),
  ].filter((forgery) => forgery !== token)
}

verifies(
  ['JOSE-07', 'INT-08', 'HTTP-02'],
  'a token that differs little from a cached one is refused',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.cache(token)
    for (const forgery of forgeriesOf(token)) {
      expect(['E-TOK', 'E-REQ'], forgery).toContain(await scene.present(forgery))
    }
    await scene.cache(token)
  },
)

verifies(
  ['INT-08', 'HTTP-07'],
  'a cached token has the same result as a new one on every kind of route',
  async (adapter) => {
    const scene = await open(adapter)
    const { outcome } = await scene.withGuards(scopes('read'))
    const [good, expired, poor] = [scene.sign(), scene.sign({ exp: T0 + 100 }), scene.sign({ scope: 'write' })]
    await scene.cache(good)
    await scene.cache(expired)
    expect(await scene.present(poor)).toBe('E-SCOPE')
    scene.time.now = T0 + 200
    for (const path of ['/items', '/mounted/items', '/twice', '/optional', '/inner/items']) {
      for (const [token, expected] of [
        [good, 'OK'],
        [expired, 'E-TOK'],
        [poor, 'E-SCOPE'],
      ] as const) {
        const headers = [['Authorization', `Bearer ${token}`]] as const
        expect(await outcome({ path, headers }), `${path} ${expected}`).toBe(expected)
      }
    }
    const twice = [1, 2].map(() => ['Authorization', `Bearer ${good}`] as const)
    expect(await outcome({ headers: twice })).toBe('E-REQ')
    expect(await outcome({})).toBe('C0')
  },
)

verifies('INT-08', 'concurrent requests with one cached token get the result of their own routes', async (adapter) => {
  const scene = await open(adapter)
  const [reading, writing] = [await scene.withGuards(scopes('read')), await scene.withGuards(scopes('write'))]
  const token = scene.sign()
  await scene.cache(token)
  const headers = [['Authorization', `Bearer ${token}`]] as const
  const statuses = await Promise.all(
    Array.from({ length: 40 }, async (_, at) => (await (at % 2 === 0 ? reading : writing).send({ headers })).status),
  )
  expect(statuses).toEqual(Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? 200 : 403)))
})

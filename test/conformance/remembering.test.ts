/** What is remembered of a JWT is that its signature was good, and never that it may pass. */
import {
  active,
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
import { reasonOf, requestWith } from '../harness/asking.ts'
import { client, openIntrospector } from '../harness/introspecting.ts'
import { encode, jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import type { Sent } from '../harness/send.ts'
import { until } from '../harness/until.ts'
import { json, openIssuerUpstream, status, type Upstream } from '../harness/upstream.ts'
import { verifies } from '../harness/verifies.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const minute = 60
const hour = 60 * minute

function published({ jwk }: KeyPair, kid = 'k'): object {
  return { ...jwk, kid }
}

interface Scene {
  readonly upstream: Upstream
  readonly validator: Validator
  readonly time: { now: number }
  /** Of the API whose routes demand the guards of the scene. */
  readonly present: Api['present']
  readonly outcome: Api['outcome']
  /** Another API, with the same validator. */
  readonly alsoAt: (...guards: readonly Guard[]) => Promise<Api['present']>
  /** A good token for a day, with these changes. */
  readonly sign: (changes?: object, header?: object, pair?: KeyPair) => string
  readonly hits: () => number
  /** `'OK'`, or why a token is refused. */
  readonly reason: (token: string) => Promise<string>
  /** Presents a token until it is remembered, and makes sure of that. */
  readonly remember: (token: string) => Promise<void>
}

interface SceneOptions {
  readonly upstream?: Upstream
  readonly time?: { now: number }
  readonly clock?: () => number
  readonly keys?: readonly object[]
  readonly issuer?: TrustedIssuerOptions
  readonly validator?: Partial<ValidatorOptions>
  readonly guards?: readonly Guard[]
}

async function open(adapter: Adapter, options: SceneOptions = {}): Promise<Scene> {
  const { keys = [published(first)], guards = [scopes('read')], time = { now: T0 } } = options
  const { upstream = await openIssuerUpstream(keys), clock = () => time.now * 1000 } = options
  const issuer = trustedIssuer(upstream.url, options.issuer)
  const validator = createValidator({ issuer, audience, clock, ...options.validator })
  onTestFinished(() => validator.close())
  const { present, outcome } = await openApi(adapter, { protection: validator, guards })
  const hits = (): number => validator.health().caches.jwt.hits

  async function remember(token: string): Promise<void> {
    expect(await present(token)).toBe('OK')
    expect(await present(token)).toBe('OK')
    await expectHit(token)
    await expectHit(token)
  }

  async function expectHit(token: string): Promise<void> {
    const before = hits()
    expect(await present(token)).toBe('OK')
    expect(hits()).toBe(before + 1)
  }

  return {
    upstream,
    validator,
    time,
    present,
    outcome,
    alsoAt: async (...others) => (await openApi(adapter, { protection: validator, guards: others })).present,
    sign: (changes = {}, header = {}, { privateKey } = first) => {
      const claims = { ...claimsOf(upstream.url), exp: T0 + 24 * hour, ...changes }
      return jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt', ...header }, claims, privateKey, 'ES256')
    },
    hits,
    reason: (token) => reasonOf(validator.authenticate(requestWith(token))),
    remember,
  }
}

/** What a token that is remembered meets: a refusal, though its signature was not looked at again. */
async function expectRefusedOnHit(scene: Scene, token: string, reason: string, outcome = 'E-TOK'): Promise<void> {
  const before = scene.hits()
  expect(await scene.present(token)).toBe(outcome)
  expect(await scene.reason(token)).toBe(reason)
  expect(scene.hits()).toBe(before + 2)
}

verifies('KEY-12', 'a remembered token is refused when its key is withdrawn and freshness is over', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign()
  await scene.remember(token)
  scene.upstream.routes['/jwks'] = json({ keys: [published(second, 'other')] })
  scene.time.now += 7 * minute
  expect(await scene.present(token)).toBe('OK')
  scene.time.now += 3 * minute
  const before = scene.hits()
  for (let round = 0; round < 4; round += 1) {
    expect(await scene.present(token)).toBe('E-TOK')
    expect(await scene.reason(token)).toBe('unknown-key')
  }
  expect(scene.hits()).toBe(before)
  expect(await scene.present(scene.sign({}, { kid: 'other' }, second))).toBe('OK')
})

verifies(
  'KEY-12',
  'a remembered token is refused when its key is withdrawn and a newer one is met',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.remember(token)
    scene.upstream.routes['/jwks'] = json({ keys: [published(second, 'other')] })
    expect(await scene.present(scene.sign({}, { kid: 'other' }, second))).toBe('OK')
    expect(await scene.present(token)).toBe('E-TOK')
    expect(await scene.reason(token)).toBe('unknown-key')
  },
)

verifies(
  'KEY-12',
  'another key of the same id does not take over what was verified with the old one',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.remember(token)
    scene.upstream.routes['/jwks'] = json({ keys: [published(second)] })
    scene.time.now += 10 * minute
    const before = scene.hits()
    for (let round = 0; round < 4; round += 1) {
      expect(await scene.present(token)).toBe('E-TOK')
      expect(await scene.reason(token)).toBe('bad-signature')
    }
    expect(scene.hits()).toBe(before)
    await scene.remember(scene.sign({}, {}, second))
  },
)

verifies('KEY-12', 'a key whose duty changes no longer stands for what it has signed', async (adapter) => {
  for (const change of [{ use: 'enc' }, { key_ops: ['encrypt'] }, { alg: 'ES384' }, { kid: 'renamed' }]) {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.remember(token)
    scene.upstream.routes['/jwks'] = json({ keys: [{ ...published(first), ...change }, published(second, 'other')] })
    scene.time.now += 10 * minute
    for (let round = 0; round < 4; round += 1) {
      expect(await scene.present(token), JSON.stringify(change)).toBe('E-TOK')
    }
  }
})

verifies(
  'KEY-12',
  'a set that is fetched anew with the same key leaves what is remembered as it is',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.remember(token)
    const { kid, ...members } = { kid: 'k', ...first.jwk, x5c: ['a certificate'] }
    for (const keys of [[published(first)], [published(second, 'other'), { ...members, kid }], [published(first)]]) {
      scene.upstream.routes['/jwks'] = json({ keys })
      scene.time.now += 11 * minute
      const before = scene.upstream.count('/jwks')
      // Somebody has to wait for the new set, and is no hit; all others are.
      expect(await scene.present(token)).toBe('OK')
      expect(scene.upstream.count('/jwks')).toBe(before + 1)
      const hits = scene.hits()
      expect(await scene.present(token)).toBe('OK')
      expect(scene.hits()).toBe(hits + 1)
    }
  },
)

verifies(
  ['KEY-12', 'ERR-01'],
  'in an outage remembered tokens pass until the keys are too old, and are 503 from then on',
  async (adapter) => {
    const scene = await open(adapter)
    const token = scene.sign()
    await scene.remember(token)
    scene.upstream.routes['/jwks'] = status(503)
    scene.time.now += 10 * minute + hour - 1
    expect(await scene.present(token)).toBe('OK')
    const before = scene.hits()
    expect(await scene.present(token)).toBe('OK')
    expect(scene.hits()).toBe(before + 1)
    scene.time.now += 1
    for (let round = 0; round < 4; round += 1) {
      expect(await scene.present(token)).toBe('E-UP')
    }
    expect(scene.hits()).toBe(before + 1)
    scene.upstream.routes['/jwks'] = json({ keys: [published(first)] })
    scene.time.now += minute
    expect(await scene.present(token)).toBe('OK')
  },
)

verifies(
  'KEY-12',
  'what a seeded key has signed is remembered as long as the issuer publishes that key',
  async (adapter) => {
    const scene = await open(adapter, { issuer: { seed: { keys: [published(first)] } } })
    scene.upstream.routes['/jwks'] = status(503)
    const token = scene.sign()
    for (let round = 0; round < 4; round += 1) {
      expect(await scene.present(token)).toBe('OK')
    }
    scene.upstream.routes['/jwks'] = json({ keys: [published(first), published(second, 'other')] })
    scene.time.now += minute
    await until(async () => (await scene.present(token)) === 'OK' && scene.validator.health().status === 'ok')
    await scene.remember(token)
    scene.upstream.routes['/jwks'] = json({ keys: [published(second, 'other')] })
    scene.time.now += 11 * minute
    expect(await scene.present(token)).toBe('E-TOK')
    expect(await scene.reason(token)).toBe('unknown-key')
  },
)

verifies(
  'KEY-12',
  'a seeded key that the issuer does not publish loses its tokens at the first fetch',
  async (adapter) => {
    const scene = await open(adapter, { issuer: { seed: { keys: [published(first)] } } })
    scene.upstream.routes['/jwks'] = status(503)
    const token = scene.sign()
    for (let round = 0; round < 6; round += 1) {
      expect(await scene.present(token)).toBe('OK')
    }
    scene.upstream.routes['/jwks'] = json({ keys: [published(second, 'other')] })
    scene.time.now += minute
    await until(async () => (await scene.present(token)) === 'E-TOK')
    expect(await scene.reason(token)).toBe('unknown-key')
    expect(await scene.present(token)).toBe('E-TOK')
  },
)

verifies(['KEY-12', 'ERR-01'], 'an hour of seeded keys ends for tokens that have come before', async (adapter) => {
  const scene = await open(adapter, { issuer: { seed: { keys: [published(first)] } } })
  scene.upstream.routes['/jwks'] = status(503)
  const token = scene.sign()
  for (let round = 0; round < 6; round += 1) {
    expect(await scene.present(token)).toBe('OK')
  }
  scene.time.now += hour
  expect(await scene.present(token)).toBe('E-UP')
  expect(await scene.present(token)).toBe('E-UP')
})

verifies(
  'AUD-02',
  'a token that is remembered at one API is refused at another, however often it comes',
  async (adapter) => {
    const time = { now: T0 }
    const clock = (): number => time.now * 1000
    const one = await open(adapter, { time, clock })
    const other = await open(adapter, { time, clock, upstream: one.upstream, validator: { audience: 'urn:other' } })
    const token = one.sign()
    await one.remember(token)
    for (let round = 0; round < 4; round += 1) {
      expect(await other.present(token)).toBe('E-TOK')
      expect(await other.reason(token)).toBe('wrong-audience')
      expect(await one.present(token)).toBe('OK')
    }
    expect(other.validator.health().caches.jwt).toMatchObject({ hits: 0, entries: 0 })
    expect(one.upstream.count('/jwks')).toBe(1)

    const forBoth = one.sign({ aud: [audience, 'urn:other'] })
    await one.remember(forBoth)
    await other.remember(forBoth)
  },
)

verifies(['AUD-02', 'INT-08'], 'the audience of a route is asked for on every hit', async (adapter) => {
  const scene = await open(adapter)
  const reports = await scene.alsoAt(audienceGuard('urn:reports'))
  const token = scene.sign()
  await scene.remember(token)
  const before = scene.hits()
  for (let round = 0; round < 4; round += 1) {
    expect(await reports(token)).toBe('E-TOK')
    expect(await scene.present(token)).toBe('OK')
  }
  expect(scene.hits()).toBe(before + 8)
})

const roles = { scope: undefined, roles: ['read'] }
const never: ValidatorOptions['claims'] = {
  '~standard': { version: 1, vendor: 'test', validate: () => ({ issues: [{ message: 'never' }] }) },
}

/** Ways in which one validator is stricter than another that trusts the same issuer, and the token in which it shows. */
const policies: Readonly<Record<string, Policy>> = {
  algorithms: { strict: { issuer: { algorithms: ['RS256'] } }, reason: 'algorithm-not-allowed' },
  profile: { strict: { issuer: { profile: 'rfc9068' } }, header: { typ: 'JWT' }, reason: 'wrong-token-type' },
  'the claims of the profile': {
    strict: { issuer: { profile: 'rfc9068' } },
    claims: { jti: undefined },
    reason: 'missing-claim',
  },
  'the audience of the validator': { strict: { validator: { audience: 'urn:other' } }, reason: 'wrong-audience' },
  'the audience of the issuer': { strict: { issuer: { audience: 'urn:other' } }, reason: 'wrong-audience' },
  'the longest lifetime': { strict: { issuer: { maxLifetime: '1h' } }, reason: 'lifetime-too-long' },
  tolerance: {
    strict: { validator: { clockTolerance: '0s' } },
    claims: { exp: T0 - 3 },
    reason: 'expired',
  },
  'other keys': { strict: { issuer: { keys: { keys: [second.jwk] } } }, reason: 'unknown-key' },
  'where scopes stand': {
    lenient: { issuer: { scopesFrom: 'roles' } },
    strict: {},
    claims: roles,
    reason: 'missing-scope',
  },
  'what scopes imply': {
    lenient: { validator: { scopeHierarchy: { admin: 'read' } } },
    strict: {},
    claims: { scope: 'admin' },
    reason: 'missing-scope',
  },
  'the schema of claims': { strict: { validator: { claims: never } }, reason: 'wrong-claims' },
}

interface Policy {
  readonly lenient?: SceneOptions
  readonly strict: SceneOptions
  readonly claims?: object
  readonly header?: object
  readonly reason: string
}

for (const [name, { lenient, strict, claims, header, reason }] of Object.entries(policies)) {
  const title = `of two validators each goes by its own policy: ${name}`
  verifies(['INT-08', 'CLM-04', 'CLM-09'], title, async (adapter) => {
    const time = { now: T0 }
    const clock = (): number => time.now * 1000
    const one = await open(adapter, { time, clock, ...lenient })
    const other = await open(adapter, { time, clock, upstream: one.upstream, ...strict })
    const token = one.sign(claims, header)
    await one.remember(token)
    for (let round = 0; round < 4; round += 1) {
      expect(await other.present(token)).toBe(reason === 'missing-scope' ? 'E-SCOPE' : 'E-TOK')
      const judged = other.validator.authenticate(requestWith(token), scopes('read'))
      expect(await reasonOf(judged)).toBe(reason)
      expect(await one.present(token)).toBe('OK')
    }
  })
}

verifies(['CLM-01', 'INT-05'], 'a remembered token dies with its `exp`, and the tolerance', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign({ exp: T0 + 300 })
  await scene.remember(token)
  scene.time.now = T0 + 304.999
  await scene.remember(token)
  scene.time.now = T0 + 305
  await expectRefusedOnHit(scene, token, 'expired')
  scene.time.now = T0 + 1e6
  expect(await scene.present(token)).toBe('E-TOK')

  const exact = await open(adapter, { validator: { clockTolerance: '0s' } })
  const other = exact.sign({ exp: T0 + 300.5 })
  await exact.remember(other)
  exact.time.now = T0 + 300.499
  expect(await exact.present(other)).toBe('OK')
  exact.time.now = T0 + 300.5
  await expectRefusedOnHit(exact, other, 'expired')
})

verifies('CLM-02', 'a remembered token is not yet valid for a clock that is set back', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign({ nbf: T0 - 10 })
  await scene.remember(token)
  scene.time.now = T0 - 15
  expect(await scene.present(token)).toBe('OK')
  scene.time.now = T0 - 15.001
  await expectRefusedOnHit(scene, token, 'not-yet-valid')
  scene.time.now = T0
  expect(await scene.present(token)).toBe('OK')
})

verifies('CLM-09', 'the longest lifetime and `iat` are judged again when a token is remembered', async (adapter) => {
  const scene = await open(adapter, { issuer: { maxLifetime: '6m' } })
  const token = scene.sign({ exp: T0 + 300, iat: T0 - 120 })
  await scene.remember(token)
  scene.time.now = T0 - 60
  expect(await scene.present(token)).toBe('OK')
  scene.time.now = T0 - 60.001
  await expectRefusedOnHit(scene, token, 'lifetime-too-long')
  scene.time.now = T0
  const young = scene.sign({ exp: T0 + 200, iat: T0 - 60 })
  await scene.remember(young)
  scene.time.now = T0 - 65.001
  await expectRefusedOnHit(scene, young, 'issued-in-the-future')
})

verifies('INT-08', 'a clock that tells no time lets no remembered token pass', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign()
  await scene.remember(token)
  scene.time.now = NaN
  expect(await scene.present(token)).not.toBe('OK')
})

verifies('INT-08', 'a route with scopes refuses what one without has let through', async (adapter) => {
  const scene = await open(adapter, { guards: [] })
  const writing = await scene.alsoAt(scopes('write'))
  const token = scene.sign()
  await scene.remember(token)
  const before = scene.hits()
  for (let round = 0; round < 4; round += 1) {
    expect(await writing(token)).toBe('E-SCOPE')
    expect(await scene.present(token)).toBe('OK')
  }
  expect(scene.hits()).toBe(before + 8)
})

verifies('INT-08', 'every guard is asked on every hit, and what it says counts at once', async (adapter) => {
  let asked = 0
  let verdict: Refusal | undefined
  const moody = defineGuard({
    check: () => {
      asked += 1
      return verdict
    },
  })
  let isBlocked = false
  const scene = await open(adapter, { guards: [scopes('read'), moody, claimsGuard(() => !isBlocked, 'blocked')] })
  const token = scene.sign()
  await scene.remember(token)
  expect(asked).toBe(4)
  verdict = new Refusal({ reason: 'not-today' })
  const before = scene.hits()
  expect(await scene.present(token)).toBe('E-SCOPE')
  verdict = undefined
  isBlocked = true
  expect(await scene.present(token)).toBe('E-SCOPE')
  isBlocked = false
  expect(await scene.present(token)).toBe('OK')
  expect([asked, scene.hits() - before]).toEqual([7, 3])
})

verifies('INT-08', 'a guard that answers later holds a remembered token back', async (adapter) => {
  let refuses = false
  const slow = defineGuard({
    check: async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return refuses ? new Refusal({ reason: 'not-today' }) : undefined
    },
  })
  const scene = await open(adapter, { guards: [slow] })
  const token = scene.sign()
  await scene.remember(token)
  refuses = true
  expect(await scene.present(token)).toBe('E-SCOPE')
})

verifies(
  'INT-08',
  'a route that demands fresh words of the issuer has it asked about a remembered JWT',
  async (adapter) => {
    const server = await openIntrospector()
    server.upstream.routes['/jwks'] = json({ keys: [published(first)] })
    const scene = await open(adapter, { upstream: server.upstream, issuer: { introspection: { client } } })
    const fresh = await scene.alsoAt(active({ within: '0s' }))
    const token = scene.sign()
    await scene.remember(token)
    expect(server.asked).toHaveLength(0)
    const before = scene.hits()
    // What was asked in the same millisecond is as fresh as can be.
    const askedAnew = async (): Promise<string> => {
      scene.time.now += 0.001
      return fresh(token)
    }
    for (let round = 1; round <= 3; round += 1) {
      expect(await askedAnew()).toBe('OK')
      expect(server.asked).toHaveLength(round)
    }
    server.answer = () => ({ active: false })
    expect(await askedAnew()).toBe('E-TOK')
    expect(await askedAnew()).toBe('E-TOK')
    expect(server.asked).toHaveLength(5)
    server.misbehave = status(503)
    expect(await askedAnew()).toBe('E-UP')
    expect(scene.hits()).toBe(before + 6)
  },
)

verifies('INT-08', 'the schema of claims is asked on every hit, and what it says counts at once', async (adapter) => {
  let asked = 0
  let isGood = true
  const schema: ValidatorOptions['claims'] = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        asked += 1
        return isGood ? { value: value as never } : { issues: [{ message: 'no' }] }
      },
    },
  }
  const scene = await open(adapter, { validator: { claims: schema } })
  const token = scene.sign()
  await scene.remember(token)
  expect(asked).toBe(4)
  isGood = false
  await expectRefusedOnHit(scene, token, 'wrong-claims')
  isGood = true
  expect(await scene.present(token)).toBe('OK')
})

verifies('INT-08', 'a token that is bound to a key never passes, however often it comes', async (adapter) => {
  for (const cnf of [{ jkt: 'a thumbprint' }, { 'x5t#S256': 'a thumbprint' }, {}, null, 'x', false]) {
    const scene = await open(adapter)
    const token = scene.sign({ cnf })
    for (let round = 0; round < 3; round += 1) {
      expect(await scene.present(token), JSON.stringify(cnf)).toBe('E-TOK')
    }
    await expectRefusedOnHit(scene, token, 'sender-constrained')
  }
})

/** All tokens that are almost the good one and have only characters that a header may have. */
function forgeriesOf(token: string): readonly string[] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const forger = jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, claims, second.privateKey, 'ES256')
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const otherEnds = alphabet.split('').filter((end) => end !== signature.at(-1))
  return [
    // Another payload or header, and the signature as it was.
    ...[{ sub: 'bob' }, { scope: 'read write' }, { exp: T0 + 1e6 }, {}].map(
      (change) => `${header}.${encode({ ...claims, ...change, more: 1 })}.${signature}`,
    ),
    ...[{ alg: 'none' }, { alg: 'ES256' }, { alg: 'ES256', kid: 'k' }, { alg: 'HS256', kid: 'k' }].map(
      (other) => `${encode(other)}.${payload}.${signature}`,
    ),
    // Another signature.
    forger,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${header}.${payload}.${swapCase(signature)}`,
    `${header}.${payload}.${swapCase(signature.slice(0, 1))}${signature.slice(1)}`,
    `${header}.${payload}.${'A'.repeat(signature.length - 10)}${signature.slice(-10)}`,
    `${header}.${payload}.${signature.slice(0, -1)}`,
    ...otherEnds.map((end) => `${header}.${payload}.${signature.slice(0, -1)}${end}`),
    ...alphabet
      .split('')
      .flatMap((end) => (end === payload.at(-1) ? [] : [`${header}.${payload.slice(0, -1)}${end}.${signature}`])),
    // The same, and something besides.
    ...['.', '.x', 'A', '=', '==', '.A', `.${signature}`, '\u00e9', ' x', ', Bearer x', ','].map(
      (end) => `${token}${end}`,
    ),
    ...['.', 'A', '=', `${header}.`, '\u00e9'].map((start) => `${start}${token}`),
    ...[' ', '\t', '=', '.', '\u00a0'].flatMap((inside) => [
      `${header}${inside}.${payload}.${signature}`,
      `${header}.${inside}${payload}.${signature}`,
      `${header}.${payload}.${inside}${signature}`,
      `${header}.${payload}.${signature.slice(0, 9)}${inside}${signature.slice(9)}`,
    ]),
    token.toUpperCase(),
    token.toLowerCase(),
  ]
}

function swapCase(text: string): string {
  return text
    .split('')
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join('')
}

verifies(['JOSE-07', 'INT-08'], 'nothing that is almost a remembered token passes', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign()
  await scene.remember(token)
  const before = scene.hits()
  for (const forgery of forgeriesOf(token).filter((other) => other !== token)) {
    for (let round = 0; round < 3; round += 1) {
      expect(['E-TOK', 'E-REQ'], forgery).toContain(await scene.present(forgery))
    }
  }
  expect(scene.hits()).toBe(before)
  expect(scene.validator.health().caches.jwt.entries).toBe(1)
  await scene.remember(token)
})

verifies(['JOSE-07', 'HTTP-02'], 'nor does what no header could bring', async (adapter) => {
  const scene = await open(adapter)
  const token = scene.sign()
  await scene.remember(token)
  const wide = (character: string): string => String.fromCodePoint(0x100 + (character.codePointAt(0) ?? 0))
  const forgeries = [
    ...[' ', '\t', '\n', '\r\n', '\0', '\u2028', '\ufeff', '\ud800'].flatMap((extra) => [
      `${token}${extra}`,
      `${token.slice(0, 40)}${extra}${token.slice(40)}`,
    ]),
    // Characters whose low byte is that of the good ones, alone and all together.
    ...[0, 40, token.length - 1].map((at) => `${token.slice(0, at)}${wide(token[at] ?? '')}${token.slice(at + 1)}`),
    token.replaceAll(/[^.]/g, wide),
    token.replaceAll(/./g, wide),
    token.replace('.', '\u3002'),
  ]
  const before = scene.hits()
  for (const forgery of forgeries) {
    const request = { method: 'GET', url: '/', headers: [['authorization', `Bearer ${forgery}`]] as const }
    for (let round = 0; round < 3; round += 1) {
      const reason = await reasonOf(scene.validator.authenticate(request))
      expect(['malformed-token', 'malformed-credentials'], JSON.stringify(forgery)).toContain(reason)
    }
  }
  expect(scene.hits()).toBe(before)
})

verifies(['INT-08', 'HTTP-07'], 'a remembered token meets every kind of route as a new one does', async (adapter) => {
  const scene = await open(adapter)
  const expired = scene.sign({ exp: T0 + 100 })
  const token = scene.sign()
  await scene.remember(token)
  await scene.remember(expired)
  scene.time.now = T0 + 200
  const poor = scene.sign({ scope: 'write' })
  for (let round = 0; round < 4; round += 1) {
    expect(await scene.present(poor)).toBe('E-SCOPE')
  }
  for (const path of ['/items', '/mounted/items', '/twice', '/optional', '/inner/items']) {
    for (const method of ['GET', 'POST']) {
      const sent = (text: string): Sent => ({
        path,
        method,
        headers: [
          ['Authorization', `Bearer ${text}`],
          ['Content-Type', 'application/json'],
        ],
        body: method === 'POST' ? '{}' : undefined,
      })
      expect(await scene.outcome(sent(token)), `${method} ${path}`).toBe('OK')
      expect(await scene.outcome(sent(expired)), `${method} ${path}`).toBe('E-TOK')
      expect(await scene.outcome(sent(poor)), `${method} ${path}`).toBe('E-SCOPE')
    }
  }
  const headers = [['Authorization', `Bearer ${token}`]] as const
  await expect(scene.outcome({ path: '/failing', headers })).resolves.toBe('500')
  const twice = [...headers, ['Authorization', `Bearer ${token}`]] as const
  expect(await scene.outcome({ headers: twice })).toBe('E-REQ')
  expect(await scene.outcome({})).toBe('C0')
})

verifies('INT-08', 'fifty requests at once with a remembered token fare each by its own route', async (adapter) => {
  const scene = await open(adapter)
  const writing = await scene.alsoAt(scopes('write'))
  const token = scene.sign()
  await scene.remember(token)
  const before = scene.hits()
  const headers = [['Authorization', `Bearer ${token}`]] as const
  // One at a time tells whether the handler ran; here only the answers are looked at.
  const reading = await openApi(adapter, { protection: scene.validator })
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await reading.send({ headers })).status))
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(await Promise.all(Array.from({ length: 20 }, () => writing(token)))).toEqual(Array(20).fill('E-SCOPE'))
  expect(scene.hits()).toBe(before + 70)
})

/** Keys with an `issuer` of their own: several tenants share a key set, and some of its keys are for one of them only. */
import { createValidator, trustedIssuer, type TrustedIssuerOptions, type Validator } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { type KeyPair, jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { json } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const polluted: object = Object.prototype

const [shared, ofA, ofB, plain] = [keyPair('P-256'), keyPair('P-256'), keyPair('P-256'), keyPair('P-256')]
const tenant = (id: string): string => `https://login.example/${id}/v2.0`
const [a, b] = [tenant('a'), tenant('b')]

const published = [
  { ...shared.jwk, kid: 'shared', issuer: tenant('{tenantid}') },
  { ...ofA.jwk, kid: 'a', issuer: a },
  { ...ofB.jwk, kid: 'b', issuer: b },
  { ...plain.jwk, kid: 'plain' },
]

function tokenOf(iss: string, { privateKey }: KeyPair, kid?: string): string {
  return jws({ alg: 'ES256', kid }, claimsOf(iss), privateKey, 'ES256')
}

interface Scene {
  readonly server: ScriptedIssuer
  readonly validator: Validator
  readonly present: (iss: string, pair: KeyPair, kid?: string) => Promise<string>
}

/** Trusts the tenants `a` and `b`, which have one key set. */
async function open(optionsOf: (server: ScriptedIssuer) => TrustedIssuerOptions, keys = published): Promise<Scene> {
  const server = await openScriptedIssuer(keys)
  server.routes['/metadata'] = json({ issuer: tenant('{tenantid}'), jwks_uri: `${server.url}/jwks` })
  const issuer = [a, b].map((name) => trustedIssuer(name, optionsOf(server)))
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const present: Scene['present'] = (iss, pair, kid) =>
    reasonOf(validator.authenticate(requestWith(tokenOf(iss, pair, kid))))
  return { server, validator, present }
}

const origins: readonly (readonly [string, (server: ScriptedIssuer) => TrustedIssuerOptions])[] = [
  ['metadata', ({ url }) => ({ metadata: `${url}/metadata` })],
  ['a URL', ({ url }) => ({ keys: `${url}/jwks` })],
  ['a set', () => ({ keys: { keys: published } })],
  ['a function', () => ({ keys: () => ({ keys: published }) })],
  ['a seed', ({ url }) => ({ keys: `${url}/nothing`, seed: { keys: published } })],
]

test.each(origins)('with keys from %s, a key verifies tokens of its own tenant only', async (_name, optionsOf) => {
  const { present } = await open(optionsOf)
  for (const [iss, own, other] of [
    [a, ofA, ofB],
    [b, ofB, ofA],
  ] as const) {
    const [ownKid, otherKid] = iss === a ? ['a', 'b'] : ['b', 'a']
    expect(await present(iss, shared, 'shared')).toBe('OK')
    expect(await present(iss, plain, 'plain')).toBe('OK')
    expect(await present(iss, own, ownKid)).toBe('OK')
    expect(await present(iss, other, otherKid)).not.toBe('OK')
    expect(await present(iss, other)).not.toBe('OK')
  }
})

test('tokens of two tenants share one fetch of keys, and another tenant causes no further fetch', async () => {
  const { server, present } = await open(({ url }) => ({ metadata: `${url}/metadata` }))
  expect(await present(a, shared, 'shared')).toBe('OK')
  expect(await present(b, shared, 'shared')).toBe('OK')
  for (let round = 0; round < 5; round += 1) {
    expect(await present(a, ofB, 'b')).toBe('bad-signature')
  }
  expect(server.count('/jwks')).toBe(1)
})

test('a cached token is not accepted any more when its key moves to another tenant', async () => {
  let now = T0
  const server = await openScriptedIssuer([{ ...ofA.jwk, kid: 'k', issuer: tenant('{tenantid}') }])
  const validator = createValidator({
    issuer: [a, b].map((name) => trustedIssuer(name, { keys: `${server.url}/jwks` })),
    audience,
    clock: () => now * 1000,
  })
  onTestFinished(() => validator.close())
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(a, { exp: T0 + 10_000 }), ofA.privateKey, 'ES256')
  const present = (): Promise<string> => reasonOf(validator.authenticate(requestWith(token)))
  for (let round = 0; round < 3; round += 1) {
    expect(await present()).toBe('OK')
  }
  expect(validator.health().caches.jwt.hits).toBeGreaterThan(0)
  server.keys = [{ ...ofA.jwk, kid: 'k', issuer: b }]
  now += 2 * 3600
  expect(await present()).toBe('bad-signature')
  server.keys = [{ ...ofA.jwk, kid: 'k', issuer: null }]
  now += 700
  expect(await present()).toBe('OK')
})

test('a cached token is not accepted any more when a refetch finds its key at another tenant', async () => {
  const { server, validator, present } = await open(({ url }) => ({ keys: `${url}/jwks` }), published.slice(1, 2))
  const token = tokenOf(a, ofA, 'a')
  for (let round = 0; round < 3; round += 1) {
    expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('OK')
  }
  expect(validator.health().caches.jwt.hits).toBeGreaterThan(0)
  server.keys = [
    { ...ofA.jwk, kid: 'a', issuer: b },
    { ...plain.jwk, kid: 'plain' },
  ]
  expect(await present(a, plain, 'plain')).toBe('OK')
  expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('bad-signature')
  expect(await present(b, ofA, 'a')).toBe('OK')
})

test('an `issuer` that is absent, null or empty restricts nothing, and one of a wrong type makes a key unusable', async () => {
  const values: readonly (readonly [unknown, string])[] = [
    [undefined, 'OK'],
    [null, 'OK'],
    ['', 'OK'],
    [a, 'OK'],
    [tenant('{tenantid}'), 'OK'],
    [`${a}/`, 'bad-signature'],
    ['https://login.example/{tenantid}/../v2.0', 'bad-signature'],
    ['https://another.example/{tenantid}/v2.0', 'bad-signature'],
    ['{tenantid}', 'bad-signature'],
    [7, 'bad-signature'],
    [[a], 'bad-signature'],
    [{}, 'bad-signature'],
    ['x'.repeat(2049), 'bad-signature'],
  ]
  for (const [issuer, expected] of values) {
    const keys = [
      { ...shared.jwk, kid: 'k', issuer },
      { ...plain.jwk, kid: 'plain' },
    ] as typeof published
    const { present } = await open(({ url }) => ({ keys: `${url}/jwks` }), keys)
    expect(await present(a, shared, 'k'), String(issuer).slice(0, 60)).toBe(expected)
    expect(await present(a, plain, 'plain')).toBe('OK')
  }
})

test('an `issuer` on Object.prototype restricts nothing', async () => {
  Object.defineProperty(polluted, 'issuer', {
    value: 'https://evil.example',
    configurable: true,
    writable: true,
  })
  try {
    const { present } = await open(({ url }) => ({ keys: `${url}/jwks` }))
    expect(await present(a, plain, 'plain')).toBe('OK')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'issuer')
  }
})

test('a set with keys of other tenants only is no usable set for this one', async () => {
  const { validator, present } = await open(({ url }) => ({ keys: `${url}/jwks` }), published.slice(1, 2))
  expect(await present(a, ofA, 'a')).toBe('OK')
  const error = await validator.ready().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ reason: 'no-usable-key', issuer: b })
  const [healthOfA, healthOfB] = validator.health().issuers
  expect(healthOfA?.keys?.state).toBe('fresh')
  expect(healthOfB?.keys).toMatchObject({ state: 'missing', lastFailure: 'no-usable-key' })
})

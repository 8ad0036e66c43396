/** `validator.ready()`, `validator.health()` and `validator.close()`. */
import { active, clientSecretBasic, createValidator, trustedIssuer, type Validator } from '@tollgate/core'
import type { Health } from '@tollgate/core/diagnostics'
import { expect, test } from 'vitest'
import { json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { openScriptedValidator, reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience, T0 } from '../harness/reference.ts'

const emptyCache = { entries: 0, bytes: 0, hits: 0, misses: 0, hitRatio: undefined }

const { jwk, privateKey } = keyPair('P-256')
const keys = [{ ...jwk, kid: 'k' }]
const metadata = '/.well-known/oauth-authorization-server'
const down = 'http://127.0.0.1:6'
const client = clientSecretBasic('api', 'a secret of the tests')

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, { ...claimsOf(issuer), exp: T0 + 100_000 }, privateKey, 'ES256')
}

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  readonly present: () => Promise<string>
  /** In seconds. */
  readonly time: { now: number }
}

async function open(): Promise<Scene> {
  const issuer = await openScriptedIssuer(keys)
  const time = { now: T0 }
  const validator = createValidator({ issuer: issuer.url, audience, clock: () => time.now * 1000 })
  const present = (): Promise<string> => reasonOf(validator.authenticate(requestWith(tokenOf(issuer.url))))
  return { issuer, time, validator, present }
}

function at(seconds: number): Date {
  return new Date(seconds * 1000)
}

test('ready() fetches the documents of every issuer, and the first token needs no fetch', async () => {
  const [one, other] = await Promise.all([openScriptedIssuer(keys), openScriptedIssuer(keys)])
  const validator = createValidator({
    issuer: [one.url, trustedIssuer(other.url, { introspection: { client, endpoint: `${other.url}/introspect` } })],
    audience,
    clock: () => T0 * 1000,
  })
  await validator.ready()
  const paths = [metadata, '/jwks']
  expect([one.paths, other.paths]).toEqual([paths, paths])
  await validator.authenticate(requestWith(tokenOf(one.url)))
  await validator.ready()
  expect(one.paths).toEqual(paths)
})

test("ready() of an issuer with formats: 'opaque' fetches metadata and no keys", async () => {
  const api = await openScriptedValidator({ issuer: { formats: 'opaque' } })
  await api.validator.ready()
  expect(api.issuer.paths).toEqual([metadata])
})

test('ready() rejects with the error of the issuer that is down, and fetches those of the others', async () => {
  const issuer = await openScriptedIssuer(keys)
  const validator = createValidator({ issuer: [down, issuer.url], audience })
  await expect(validator.ready()).rejects.toMatchObject({ name: 'Unavailable', issuer: down, reason: 'network' })
  expect(issuer.count('/jwks')).toBe(1)
})

test('ready({ within }) waits for an issuer that is down at first', async () => {
  const issuer = await openScriptedIssuer(keys)
  const serve = issuer.routes['/jwks']
  issuer.routes['/jwks'] = (request, response) => {
    issuer.routes['/jwks'] = serve ?? status(404)
    status(503, { 'retry-after': '120' })(request, response)
  }
  const validator = createValidator({ issuer: issuer.url, audience })
  await validator.ready({ within: '20s' })
  expect(issuer.count('/jwks')).toBe(2)
})

test('ready({ within }) does not retry an error of the configuration', async () => {
  const issuer = await openScriptedIssuer(keys)
  issuer.routes['/jwks'] = status(404)
  const validator = createValidator({ issuer: issuer.url, audience })
  await expect(validator.ready({ within: '300ms' })).rejects.toMatchObject({ status: 502, reason: 'not-found' })
  expect(issuer.count('/jwks')).toBe(1)
  const misspelt = createValidator({ issuer: `${issuer.url}/`, audience })
  await expect(misspelt.ready({ within: '1h' })).rejects.toMatchObject({ status: 502, reason: 'issuer-mismatch' })
})

test('ready({ within }) reports the error of the configuration first, and retries a key set without a usable key', async () => {
  const issuer = await openScriptedIssuer([{ ...keys[0], use: 'enc' }])
  const misconfigured = createValidator({ issuer: [down, `${issuer.url}/`], audience })
  await expect(misconfigured.ready({ within: '1h' })).rejects.toMatchObject({ reason: 'issuer-mismatch' })
  const validator = createValidator({ issuer: issuer.url, audience })
  await expect(validator.ready()).rejects.toMatchObject({ reason: 'no-usable-key' })
  issuer.routes['/jwks'] = json({ keys })
  await validator.ready({ within: '20s' })
  expect(issuer.count('/jwks')).toBe(2)
})

test('ready({ within }) rejects at its deadline', async () => {
  const validator = createValidator({ issuer: down, audience })
  await expect(validator.ready({ within: '50ms' })).rejects.toMatchObject({ name: 'Unavailable' })
})

test('ready() has nothing to fetch with an issuer function', async () => {
  await expect(createValidator({ issuer: () => undefined, audience }).ready()).resolves.toBeUndefined()
})

test.each([[{ within: 5 }], [{ within: 'soon' }], [{ timeout: '5s' }], [7]])(
  'ready(%j) is a TypeError',
  async (options) => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    await expect(createValidator({ issuer: down, audience }).ready(options as object)).rejects.toThrow(wrong)
  },
)

test('health() reports documents as missing, fresh or stale, with the time of the next fetch', async () => {
  const scene = await open()
  const keysHealth = (): unknown => scene.validator.health().issuers[0]?.keys
  const none = { since: undefined, nextTry: undefined, lastFailure: undefined }
  expect(scene.validator.health()).toEqual({
    status: 'degraded',
    issuers: [
      {
        issuer: scene.issuer.url,
        keys: { state: 'missing', ...none },
        metadata: { state: 'missing', ...none },
        introspection: undefined,
      },
    ],
    resolved: undefined,
    caches: { jwt: emptyCache, opaque: emptyCache, shared: undefined },
    revocations: { state: 'current', entries: 0, lastContact: undefined },
  } satisfies Health)
  expect(scene.issuer.paths).toEqual([])

  expect(await scene.present()).toBe('OK')
  const nextTry = expect.toSatisfy((date: Date) => date > at(T0) && date < at(T0 + 600)) as unknown
  expect(keysHealth()).toEqual({ ...none, state: 'fresh', since: at(T0), nextTry })
  expect(scene.validator.health().status).toBe('ok')

  scene.issuer.routes['/jwks'] = status(503)
  scene.time.now += 601
  expect(await scene.present()).toBe('OK')
  const soon = expect.toSatisfy((date: Date) => date > at(scene.time.now) && date < at(scene.time.now + 2)) as unknown
  expect(keysHealth()).toEqual({ state: 'stale', since: at(T0 + 600), nextTry: soon, lastFailure: 'upstream-error' })
  expect(scene.validator.health().status).toBe('degraded')

  scene.time.now = T0 + 4300
  expect(keysHealth()).toMatchObject({ state: 'missing', since: at(T0 + 4200) })
  scene.issuer.routes['/jwks'] = json({ keys })
  expect(await scene.present()).toBe('OK')
  expect(scene.validator.health().status).toBe('ok')
})

test('health() counts the entries and the hits of the caches', async () => {
  const cache = memoryCache()
  const api = await openScriptedValidator({ validator: { cache } })
  const caches = (validator: Validator): Health['caches'] => validator.health().caches
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason('t')).toBe('OK')
  expect(caches(api.validator)).toEqual({
    jwt: emptyCache,
    opaque: { entries: 1, bytes: expect.any(Number) as number, hits: 2, misses: 1, hitRatio: 2 / 3 },
    shared: { hits: 0, misses: 1, hitRatio: 0 },
  })
  expect(caches(api.validator).opaque.bytes).toBeGreaterThan(0)
})

test('health() with an issuer function counts the issuers that it returned lately', async () => {
  const [issuer, broken] = [await openScriptedIssuer(keys), await openScriptedIssuer(keys)]
  broken.routes['/jwks'] = status(503)
  let now = T0
  const validator = createValidator({ issuer: (iss) => trustedIssuer(iss), audience, clock: () => now * 1000 })
  expect(validator.health()).toMatchObject({ status: 'ok', issuers: [], resolved: { count: 0, degraded: 0 } })
  await validator.authenticate(requestWith(tokenOf(issuer.url)))
  expect(validator.health()).toMatchObject({ status: 'ok', issuers: [], resolved: { count: 1, degraded: 0 } })
  expect(await reasonOf(validator.authenticate(requestWith(tokenOf(broken.url))))).toBe('upstream-error')
  expect(validator.health()).toMatchObject({ status: 'degraded', resolved: { count: 2, degraded: 1 } })
  now += 601
  expect(validator.health().resolved?.count).toBe(0)
})

test('health() reports configured keys as fresh', () => {
  const inline = trustedIssuer('https://as.example', { keys: { keys } })
  const shared = trustedIssuer('urn:internal', { secret: 'a secret that is as long as a hash, or longer' })
  const health = createValidator({ issuer: [inline, shared], audience }).health()
  expect(health.status).toBe('ok')
  expect(health.issuers.map(({ keys: ofIssuer }) => ofIssuer?.state)).toEqual(['fresh', 'fresh'])
})

test('a closed validator rejects every call, and can be closed again', async () => {
  const scene = await openScriptedValidator()
  const token = await scene.authenticate('t')
  await scene.validator.close()
  await scene.validator.close()
  await expect(scene.authenticate('t')).rejects.toThrow()
  await expect(scene.validator.ready()).rejects.toThrow()
  await expect(scene.validator.authorize(token, requestWith('t'), active({ within: '0s' }))).rejects.toThrow()
  expect(scene.issuer.count('/introspect')).toBe(1)
})

test('close() ends a ready() that waits', async () => {
  const scene = await open()
  scene.issuer.routes['/jwks'] = status(503)
  const [ready] = await Promise.allSettled([
    scene.validator.ready({ within: '1h' }),
    waitFor(() => scene.validator.health().issuers[0]?.keys?.lastFailure === 'upstream-error').then(() =>
      scene.validator.close(),
    ),
  ])
  expect(ready.status).toBe('rejected')
})

test('closing one of two validators leaves their shared documents in use', async () => {
  const issuer = await openScriptedIssuer(keys)
  const options = { issuer: issuer.url, audience, clock: () => T0 * 1000 }
  const [one, other] = [createValidator(options), createValidator(options)]
  await one.authenticate(requestWith(tokenOf(issuer.url)))
  await one.close()
  await other.authenticate(requestWith(tokenOf(issuer.url)))
  expect(issuer.count('/jwks')).toBe(1)
  await other.close()
})

/** `ready`, `health` and `close`: what keeps a validator going, and how it ends. */
import { active, clientSecretBasic, createValidator, type Health, trustedIssuer, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience, T0 } from '../harness/reference.ts'
import { until } from '../harness/until.ts'
import { json, openIssuerUpstream, status, type Upstream } from '../harness/upstream.ts'

const nothing = { entries: 0, bytes: 0, hits: 0, misses: 0, hitRatio: undefined }

const { jwk, privateKey } = keyPair('P-256')
const keys = [{ ...jwk, kid: 'k' }]
const metadata = '/.well-known/oauth-authorization-server'
const down = 'http://127.0.0.1:9'
const client = clientSecretBasic('api', 'a secret of the tests')

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, { ...claimsOf(issuer), exp: T0 + 100_000 }, privateKey, 'ES256')
}

interface Scene {
  readonly upstream: Upstream
  readonly validator: Validator
  readonly present: () => Promise<string>
  /** In seconds. */
  readonly time: { now: number }
}

async function open(): Promise<Scene> {
  const upstream = await openIssuerUpstream(keys)
  const time = { now: T0 }
  const validator = createValidator({ issuer: upstream.url, audience, clock: () => time.now * 1000 })
  const present = (): Promise<string> => reasonOf(validator.authenticate(requestWith(tokenOf(upstream.url))))
  return { upstream, time, validator, present }
}

function at(seconds: number): Date {
  return new Date(seconds * 1000)
}

test('ready fetches what every issuer needs, and the first token waits for nothing', async () => {
  const [one, other] = await Promise.all([openIssuerUpstream(keys), openIssuerUpstream(keys)])
  const validator = createValidator({
    issuer: [one.url, trustedIssuer(other.url, { introspection: { client, endpoint: `${other.url}/introspect` } })],
    audience,
    clock: () => T0 * 1000,
  })
  await validator.ready()
  const asked = [metadata, '/jwks']
  expect([one.asked, other.asked]).toEqual([asked, asked])
  await validator.authenticate(requestWith(tokenOf(one.url)))
  await validator.ready()
  expect(one.asked).toEqual(asked)
})

test('ready asks for no keys where nothing is signed, and for the endpoint where it is not configured', async () => {
  const api = await openAsking({ issuer: { formats: 'opaque' } })
  await api.validator.ready()
  expect(api.server.upstream.asked).toEqual([metadata])
})

test('ready fails with what is wrong with the one that is down, and makes the others ready', async () => {
  const upstream = await openIssuerUpstream(keys)
  const validator = createValidator({ issuer: [down, upstream.url], audience })
  await expect(validator.ready()).rejects.toMatchObject({ name: 'Unavailable', issuer: down, reason: 'network' })
  expect(upstream.count('/jwks')).toBe(1)
})

test('ready waits as long as it is told, for an issuer that comes late', async () => {
  const upstream = await openIssuerUpstream(keys)
  const serve = upstream.routes['/jwks']
  upstream.routes['/jwks'] = (request, response) => {
    upstream.routes['/jwks'] = serve ?? status(404)
    status(503, { 'retry-after': '120' })(request, response)
  }
  const validator = createValidator({ issuer: upstream.url, audience })
  await validator.ready({ within: '20s' })
  expect(upstream.count('/jwks')).toBe(2)
})

test('ready says why an issuer was down, and waits for nothing that waiting does not mend', async () => {
  const upstream = await openIssuerUpstream(keys)
  upstream.routes['/jwks'] = status(404)
  const validator = createValidator({ issuer: upstream.url, audience })
  await expect(validator.ready({ within: '300ms' })).rejects.toMatchObject({ status: 502, reason: 'not-found' })
  expect(upstream.count('/jwks')).toBe(1)
  const misspelt = createValidator({ issuer: `${upstream.url}/`, audience })
  await expect(misspelt.ready({ within: '1h' })).rejects.toMatchObject({ status: 502, reason: 'issuer-mismatch' })
})

test('ready looks at all that is wrong, and looks again at a set that was of no use', async () => {
  const upstream = await openIssuerUpstream([{ ...keys[0], use: 'enc' }])
  const hopeless = createValidator({ issuer: [down, `${upstream.url}/`], audience })
  await expect(hopeless.ready({ within: '1h' })).rejects.toMatchObject({ reason: 'issuer-mismatch' })
  const validator = createValidator({ issuer: upstream.url, audience })
  await expect(validator.ready()).rejects.toMatchObject({ reason: 'no-usable-key' })
  upstream.routes['/jwks'] = json({ keys })
  await validator.ready({ within: '20s' })
  expect(upstream.count('/jwks')).toBe(2)
})

test('ready gives up in the end', async () => {
  const validator = createValidator({ issuer: down, audience })
  await expect(validator.ready({ within: '50ms' })).rejects.toMatchObject({ name: 'Unavailable' })
})

test('ready has nothing to do where a function finds the issuers', async () => {
  await expect(createValidator({ issuer: () => undefined, audience }).ready()).resolves.toBeUndefined()
})

test.each([[{ within: 5 }], [{ within: 'soon' }], [{ timeout: '5s' }], [7]])(
  'ready refuses the options %j',
  async (options) => {
    const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
    await expect(createValidator({ issuer: down, audience }).ready(options as object)).rejects.toThrow(wrong)
  },
)

test('health tells what is missing, fresh and stale, since when, and when it is looked for', async () => {
  const scene = await open()
  const keysHealth = (): unknown => scene.validator.health().issuers[0]?.keys
  const none = { since: undefined, nextTry: undefined, lastFailure: undefined }
  expect(scene.validator.health()).toEqual({
    status: 'degraded',
    issuers: [
      {
        issuer: scene.upstream.url,
        keys: { state: 'missing', ...none },
        metadata: { state: 'missing', ...none },
        introspection: undefined,
      },
    ],
    caches: { jwt: nothing, opaque: nothing, shared: undefined },
  } satisfies Health)
  expect(scene.upstream.asked).toEqual([])

  expect(await scene.present()).toBe('OK')
  const nextTry = expect.toSatisfy((date: Date) => date > at(T0 + 455) && date < at(T0 + 505)) as unknown
  expect(keysHealth()).toEqual({ ...none, state: 'fresh', since: at(T0), nextTry })
  expect(scene.validator.health().status).toBe('ok')

  scene.upstream.routes['/jwks'] = status(503)
  scene.time.now += 601
  expect(await scene.present()).toBe('OK')
  const soon = expect.toSatisfy((date: Date) => date > at(scene.time.now) && date < at(scene.time.now + 2)) as unknown
  expect(keysHealth()).toEqual({ state: 'stale', since: at(T0 + 600), nextTry: soon, lastFailure: 'upstream-error' })
  expect(scene.validator.health().status).toBe('degraded')

  scene.time.now = T0 + 4300
  expect(keysHealth()).toMatchObject({ state: 'missing', since: at(T0 + 4200) })
  scene.upstream.routes['/jwks'] = json({ keys })
  expect(await scene.present()).toBe('OK')
  expect(scene.validator.health().status).toBe('ok')
})

test('health knows the circuits of introspection', async () => {
  const api = await openAsking()
  const circuits = (): unknown => api.validator.health().issuers[0]?.introspection?.circuits
  const closed = { state: 'closed', nextTry: undefined }
  expect(await api.reason('good')).toBe('OK')
  expect(circuits()).toEqual({ known: closed, unknown: closed })
  api.server.misbehave = status(503)
  for (let round = 0; round < 5; round += 1) {
    expect(await api.reason(`made-up-${round}`)).toBe('upstream-error')
  }
  expect(circuits()).toEqual({ known: closed, unknown: { state: 'open', nextTry: expect.any(Date) as Date } })
  expect(api.validator.health().status).toBe('degraded')
  api.advance(2)
  expect(circuits()).toMatchObject({ unknown: { state: 'half-open', nextTry: undefined } })
  api.server.misbehave = undefined
  expect(await api.reason('made-up')).toBe('OK')
  expect(circuits()).toEqual({ known: closed, unknown: closed })
})

test('health counts what caches hold and how often they help', async () => {
  const cache = memoryCache()
  const api = await openAsking({ validator: { cache } })
  const caches = (validator: Validator): Health['caches'] => validator.health().caches
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason('t')).toBe('OK')
  expect(caches(api.validator)).toEqual({
    jwt: nothing,
    opaque: { entries: 1, bytes: expect.any(Number) as number, hits: 2, misses: 1, hitRatio: 2 / 3 },
    shared: { hits: 0, misses: 1, hitRatio: 0 },
  })
  expect(caches(api.validator).opaque.bytes).toBeGreaterThan(500)
})

test('health shows the issuers that a function has found, as long as they are remembered', async () => {
  const upstream = await openIssuerUpstream(keys)
  let now = T0
  const validator = createValidator({ issuer: (iss) => trustedIssuer(iss), audience, clock: () => now * 1000 })
  expect(validator.health()).toMatchObject({ status: 'ok', issuers: [] })
  await validator.authenticate(requestWith(tokenOf(upstream.url)))
  expect(validator.health().issuers).toMatchObject([{ issuer: upstream.url, keys: { state: 'fresh' } }])
  now += 601
  expect(validator.health().issuers).toEqual([])
})

test('what is configured is always fresh', () => {
  const inline = trustedIssuer('https://as.example', { keys: { keys } })
  const shared = trustedIssuer('urn:internal', { secret: 'a secret that is as long as a hash, or longer' })
  const health = createValidator({ issuer: [inline, shared], audience }).health()
  expect(health.status).toBe('ok')
  expect(health.issuers.map(({ keys: ofIssuer }) => ofIssuer?.state)).toEqual(['fresh', 'fresh'])
})

test('a closed validator judges nobody, says so, and closes again', async () => {
  const scene = await openAsking()
  const token = await scene.authenticate('t')
  await scene.validator.close()
  await scene.validator.close()
  await expect(scene.authenticate('t')).rejects.toThrow('closed')
  await expect(scene.validator.ready()).rejects.toThrow('closed')
  await expect(scene.validator.authorize(token, requestWith('t'), active({ within: '0s' }))).rejects.toThrow('closed')
  expect(scene.server.asked).toHaveLength(1)
})

test('close ends the wait for an issuer', async () => {
  const scene = await open()
  scene.upstream.routes['/jwks'] = status(503)
  const [ready] = await Promise.allSettled([
    scene.validator.ready({ within: '1h' }),
    until(() => scene.validator.health().issuers[0]?.keys?.lastFailure === 'upstream-error').then(() =>
      scene.validator.close(),
    ),
  ])
  expect(ready).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('closed') as string } })
})

test('what two validators share goes on when one of them is closed', async () => {
  const upstream = await openIssuerUpstream(keys)
  const options = { issuer: upstream.url, audience, clock: () => T0 * 1000 }
  const [one, other] = [createValidator(options), createValidator(options)]
  await one.authenticate(requestWith(tokenOf(upstream.url)))
  await one.close()
  await other.authenticate(requestWith(tokenOf(upstream.url)))
  expect(upstream.count('/jwks')).toBe(1)
  await other.close()
})

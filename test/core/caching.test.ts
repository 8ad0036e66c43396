/** What one validator caches, seen through its public methods. `test/conformance/caching.test.ts` shows that a cached token must still pass. */
import {
  createValidator,
  type ResolveIssuer,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { json, status } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { openScriptedValidator, reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const first = keyPair('P-256')
const second = keyPair('P-256')
const hour = 3600

function tokenOf(issuer: string, changes: object = {}, { privateKey }: KeyPair = first, kid = 'k'): string {
  const claims = { ...claimsOf(issuer), exp: T0 + 24 * hour, ...changes }
  return jws({ alg: 'ES256', kid, typ: 'at+jwt' }, claims, privateKey, 'ES256')
}

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly validator: Validator
  readonly time: { now: number }
  readonly token: string
  readonly reason: (token: string) => Promise<string>
  /** Presents a good token twice, so that it is cached. */
  readonly cache: (token: string) => Promise<void>
}

async function open(options: Partial<ValidatorOptions> = {}): Promise<Scene> {
  const issuer = await openScriptedIssuer([{ ...first.jwk, kid: 'k' }])
  const time = { now: T0 }
  const validator = createValidator({ issuer: issuer.url, audience, clock: () => time.now * 1000, ...options })
  onTestFinished(() => validator.close())
  const reason = (token: string): Promise<string> => reasonOf(validator.authenticate(requestWith(token)))
  return {
    issuer,
    validator,
    time,
    token: tokenOf(issuer.url, { roles: ['reader'], nested: { deep: [{ a: 1 }] } }),
    reason,
    cache: async (token) => {
      expect([await reason(token), await reason(token)]).toEqual(['OK', 'OK'])
    },
  }
}

describe('a handler cannot change the token of another request', () => {
  test.each([
    ['assigns a claim', (auth) => Object.assign(auth.claims, { scope: 'admin' })],
    ['assigns a nested claim', (auth) => Object.assign(Object(auth.claims['nested']), { deep: 1 })],
    ['adds a role', (auth) => (auth.claims['roles'] as string[]).push('admin')],
    ['adds a scope', (auth) => (auth.scopes as Set<string>).add('admin')],
    ['adds an audience', (auth) => (auth.audience as string[]).push('urn:other')],
    ['changes the date', (auth) => auth.expiresAt?.setFullYear(2100)],
    ['assigns a member', (auth) => Object.assign(auth, { subject: 'mallory' })],
  ] satisfies [string, (auth: Awaited<ReturnType<Validator['authenticate']>>) => unknown][])(
    'when it %s',
    async (_name, attempt) => {
      const { validator, token, cache } = await open()
      await cache(token)
      const before = JSON.stringify(await validator.authenticate(requestWith(token)))
      const auth = await validator.authenticate(requestWith(token))
      expect(() => {
        attempt(auth)
        throw new TypeError('a change without an error')
      }).toThrow(TypeError)
      expect(JSON.stringify(await validator.authenticate(requestWith(token)))).toBe(before)
    },
  )
})

test('a cached token equals the token that was just validated', async () => {
  const { validator, token } = await open()
  const [fresh, cached] = [
    await validator.authenticate(requestWith(token)),
    await validator.authenticate(requestWith(token)),
  ]
  expect(cached).toEqual(fresh)
  expect(cached.raw()).toBe(token)
})

test('the token string is in no serialization, and not in the health', async () => {
  const { inspect } = await import('node:util')
  const { validator, token, cache } = await open()
  await cache(token)
  const auth = await validator.authenticate(requestWith(token))
  for (const text of [inspect(auth, { depth: 9, showHidden: true }), JSON.stringify([auth, validator.health()])]) {
    expect(text).not.toContain(token.split('.')[2])
  }
})

test('a token of another validator is a TypeError', async () => {
  const [one, other] = [await open(), await open()]
  const request = requestWith(one.token)
  const auth = await one.validator.authenticate(request)
  await expect(other.validator.authorize(auth, request)).rejects.toThrow(TypeError)
  await expect(one.validator.authorize({ ...auth }, request)).rejects.toThrow(TypeError)
})

describe('a refusal is never cached', () => {
  test('a token that came too early is accepted at its time', async () => {
    const scene = await open({ clockTolerance: '0s' })
    const token = tokenOf(scene.issuer.url, { nbf: T0 + 10 })
    expect(await scene.reason(token)).toBe('not-yet-valid')
    scene.time.now += 10
    await scene.cache(token)
  })

  test('a token with an unknown key is accepted when the key is published', async () => {
    const scene = await open()
    const token = tokenOf(scene.issuer.url, {}, second, 'new')
    expect(await scene.reason(token)).toBe('unknown-key')
    scene.issuer.routes['/jwks'] = json({ keys: [{ ...second.jwk, kid: 'new' }] })
    scene.time.now += 31
    await scene.cache(token)
  })

  test('a token that could not be validated is accepted when the issuer is back', async () => {
    const scene = await open()
    const serve = scene.issuer.routes['/jwks']
    scene.issuer.routes['/jwks'] = status(503)
    expect(await scene.reason(scene.token)).toBe('upstream-error')
    Object.assign(scene.issuer.routes, { '/jwks': serve })
    scene.time.now += 31
    await scene.cache(scene.token)
  })
})

describe('tokens of an issuer that a function returns', () => {
  test.each(['sync', 'async'])('are refused ten minutes after a %s function has removed it', async (kind) => {
    let isKnown = true
    const resolve = (iss: string) => (isKnown ? trustedIssuer(iss) : undefined)
    const issuer: ResolveIssuer = kind === 'sync' ? resolve : async (iss) => resolve(iss)
    const scene = await open({ issuer })
    await scene.cache(scene.token)
    isKnown = false
    scene.time.now += 599
    expect(await scene.reason(scene.token)).toBe('OK')
    scene.time.now += 2
    expect(await Promise.all([1, 2, 3].map(() => scene.reason(scene.token)))).toEqual(Array(3).fill('untrusted-issuer'))
  })

  const changes: Readonly<Record<string, readonly [TrustedIssuerOptions, string]>> = {
    'a narrower audience': [{ audience: 'urn:other' }, 'wrong-audience'],
    'other algorithms': [{ algorithms: ['RS256'] }, 'algorithm-not-allowed'],
    'a shorter lifetime': [{ maxLifetime: '1h' }, 'lifetime-too-long'],
    'other keys': [{ keys: { keys: [second.jwk] } }, 'unknown-key'],
    'the whole profile': [{ profile: 'rfc9068' }, 'missing-claim'],
    'other claims for scopes': [{ dialect: { scopes: 'roles' } }, 'missing-scope'],
  }

  test.each(Object.entries(changes))('follow its new settings: %s', async (_name, [after, reason]) => {
    let settings: TrustedIssuerOptions = {}
    const scene = await open({ issuer: (iss) => trustedIssuer(iss, settings) })
    const token = tokenOf(scene.issuer.url, { jti: undefined })
    await scene.cache(token)
    settings = after
    scene.time.now += 601
    for (let round = 0; round < 3; round += 1) {
      expect(await reasonOf(scene.validator.authenticate(requestWith(token), scopes('read')))).toBe(reason)
    }
  })

  test('fail while the function fails, and pass afterwards', async () => {
    let isDown = false
    const scene = await open({
      issuer: (iss) => {
        if (isDown) {
          throw new RangeError('the database is down')
        }
        return trustedIssuer(iss)
      },
    })
    await scene.cache(scene.token)
    isDown = true
    scene.time.now += 601
    await expect(scene.reason(scene.token)).rejects.toThrow(RangeError)
    isDown = false
    expect(await scene.reason(scene.token)).toBe('OK')
  })
})

describe('with `cache: off`', () => {
  test('no JWT is cached', async () => {
    const scene = await open({ cache: 'off' })
    await scene.cache(scene.token)
    expect(scene.validator.health().caches.jwt).toMatchObject({ hits: 0, entries: 0, bytes: 0 })
  })

  test('every request introspects its opaque token, and concurrent requests share a call', async () => {
    const introspection = { cacheFor: '300s', cacheInactiveFor: '30s' } as const
    const api = await openScriptedValidator({ introspection, validator: { cache: 'off' } })
    for (let round = 0; round < 3; round += 1) {
      expect(await api.reason('a-token')).toBe('OK')
    }
    expect(api.issuer.count('/introspect')).toBe(3)
    await Promise.all(Array.from({ length: 20 }, () => api.reason('another')))
    expect(api.issuer.count('/introspect')).toBe(4)
  })

  test('evict resolves', async () => {
    const { validator, token } = await open({ cache: 'off' })
    await expect(validator.evict(token)).resolves.toBeUndefined()
  })
})

test.each(['everything', '', true, false, null, 0, {}, { get: () => undefined }])(
  '`cache: %j` is an invalid option',
  (cache) => {
    const options = { issuer: 'https://as.example', audience, cache } as unknown as ValidatorOptions
    expect(() => createValidator(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  },
)

test('a token that is refused takes no room in the cache', async () => {
  const scene = await open()
  const bad = [{ exp: T0 - 60 }, { nbf: T0 + 60 }, { aud: 'urn:x' }, { exp: '1' }].map((change) =>
    tokenOf(scene.issuer.url, change),
  )
  const forged = tokenOf(scene.issuer.url, {}, second)
  for (const token of [...bad, forged, 'a.b.c', 'opaque']) {
    expect(await scene.reason(token)).not.toBe('OK')
  }
  expect(scene.validator.health().caches.jwt).toMatchObject({ hits: 0, entries: 0, bytes: 0 })
})

test('an evicted JWT is validated again', async () => {
  const scene = await open()
  await scene.cache(scene.token)
  scene.issuer.routes['/jwks'] = json({ keys: [{ ...second.jwk, kid: 'k' }] })
  await scene.validator.evict(scene.token)
  expect(scene.validator.health().caches.jwt.entries).toBe(0)
})

test('a closed validator accepts no cached token', async () => {
  const scene = await open()
  await scene.cache(scene.token)
  await scene.validator.close()
  await expect(scene.reason(scene.token)).rejects.toThrow(/closed/)
})

/** Verdicts on JWTs that are remembered in the process: what they cost, who may see them, and when they are forgotten. */
import { createHmac } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import {
  type AccessToken,
  active,
  createValidator,
  type HttpRequest,
  type ResolveIssuer,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
  type Validator,
  type ValidatorOptions,
} from '@tollgate/core'
import { createProtect as createExpressProtect } from '@tollgate/express'
import tollgate from '@tollgate/fastify'
import { createProtect as createKoaProtect, type KoaContext } from '@tollgate/koa'
import fastify from 'fastify'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { client, openIntrospector } from '../harness/introspecting.ts'
import { jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { listening } from '../harness/listening.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience, T0 } from '../harness/reference.ts'
import { json, openIssuerUpstream, status, type Upstream } from '../harness/upstream.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const first = keyPair('P-256')
const second = keyPair('P-256')
const hour = 3600

function published({ jwk }: KeyPair, kid = 'k'): object {
  return { ...jwk, kid }
}

function tokenOf(issuer: string, changes: object = {}, { privateKey }: KeyPair = first, kid = 'k'): string {
  const claims = { ...claimsOf(issuer), exp: T0 + 24 * hour, ...changes }
  return jws({ alg: 'ES256', kid, typ: 'at+jwt' }, claims, privateKey, 'ES256')
}

interface Scene {
  readonly upstream: Upstream
  readonly validator: Validator
  readonly time: { now: number }
  readonly token: string
  readonly reason: (token: string) => Promise<string>
  readonly jwts: () => ReturnType<Validator['health']>['caches']['jwt']
  /** Presents a token until it is remembered, and makes sure of that. */
  readonly remember: (token: string) => Promise<void>
}

async function open(options: Partial<ValidatorOptions> = {}, issuer?: TrustedIssuerOptions): Promise<Scene> {
  const upstream = await openIssuerUpstream([published(first)])
  const time = { now: T0 }
  const validator = createValidator({
    issuer: trustedIssuer(upstream.url, issuer),
    audience,
    clock: () => time.now * 1000,
    ...options,
  })
  onTestFinished(() => validator.close())
  const reason = (token: string): Promise<string> => reasonOf(validator.authenticate(requestWith(token)))
  const jwts: Scene['jwts'] = () => validator.health().caches.jwt
  return {
    upstream,
    validator,
    time,
    token: tokenOf(upstream.url, { roles: ['reader'], nested: { deep: [{ a: 1 }] } }),
    reason,
    jwts,
    remember: async (token) => {
      expect([await reason(token), await reason(token)]).toEqual(['OK', 'OK'])
      const { hits } = jwts()
      expect([await reason(token), await reason(token)]).toEqual(['OK', 'OK'])
      expect(jwts().hits).toBe(hits + 2)
    },
  }
}

/** Whether what somebody tries comes to nothing without a word, or by a `TypeError`. */
function isLeftOrRefused(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch (error) {
    return error instanceof TypeError
  }
}

describe('what is remembered', () => {
  test('a token is verified when it comes for the first and the second time, and never again', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    onTestFinished(() => verify.mockRestore())
    const { reason, token, jwts } = await open()
    const counts: number[] = []
    for (let round = 0; round < 6; round += 1) {
      expect(await reason(token)).toBe('OK')
      counts.push(verify.mock.calls.length)
    }
    expect(counts).toEqual([1, 2, 2, 2, 2, 2])
    expect(jwts()).toMatchObject({ hits: 4, misses: 2, entries: 1, hitRatio: 4 / 6 })
    expect(jwts().bytes).toBeGreaterThan(token.length)
  })

  test('nothing remembered holds the token, and nothing of it shows in what a validator tells', async () => {
    const { validator, token, remember } = await open()
    await remember(token)
    const shown = inspect([validator, validator.health()], { depth: 9, showHidden: true, getters: true })
    for (const segment of token.split('.')) {
      expect(shown).not.toContain(segment)
    }
  })

  test('one validator knows nothing of what another has remembered', async () => {
    const { upstream, time, token, remember } = await open()
    await remember(token)
    const verify = vi.spyOn(crypto.subtle, 'verify')
    onTestFinished(() => verify.mockRestore())
    const other = createValidator({ issuer: upstream.url, audience, clock: () => time.now * 1000 })
    expect(await reasonOf(other.authenticate(requestWith(token)))).toBe('OK')
    expect(other.health().caches.jwt).toMatchObject({ hits: 0, misses: 1 })
    expect(verify).toHaveBeenCalledTimes(1)
  })

  test('a JWT that its issuer introspects is not remembered as one that was verified', async () => {
    const api = await openAsking({ issuer: { formats: 'opaque' } })
    const token = tokenOf(api.server.url)
    for (let round = 0; round < 4; round += 1) {
      expect(await api.reason(token)).toBe('OK')
    }
    expect(api.validator.health().caches.jwt).toMatchObject({ hits: 0, entries: 0 })
    api.server.answer = () => ({ active: false })
    api.advance(61)
    expect(await api.reason(token)).toBe('inactive')
  })

  test('what an optional route has seen is remembered for all', async () => {
    const { validator, token, jwts } = await open()
    for (let round = 0; round < 4; round += 1) {
      expect(await validator.authenticateOptional(requestWith(token))).toMatchObject({ subject: 'alice' })
    }
    expect(jwts().hits).toBe(2)
    expect(await validator.authenticateOptional(new Request('https://api.example/'))).toBeUndefined()
    expect(jwts()).toMatchObject({ hits: 2, misses: 2 })
  })
})

describe('what a handler does to its token, no other request sees (defect 53)', () => {
  const attempts: Readonly<Record<string, (auth: AccessToken & Record<string, any>) => unknown>> = {
    'assigns a claim': (auth) => Object.assign(auth.claims, { scope: 'admin' }),
    'adds a claim': (auth) => Object.assign(auth.claims, { isAdmin: true }),
    'deletes a claim': (auth) => Reflect.deleteProperty(auth.claims, 'exp'),
    'sets the prototype of the claims': (auth) => Reflect.setPrototypeOf(auth.claims, { isAdmin: true }),
    'adds to a claim': (auth) => (auth.claims['roles'] as string[]).push('admin'),
    'changes what lies deep': (auth) =>
      Object.assign((auth.claims['nested'] as { deep: object[] }).deep[0] ?? {}, { a: 2 }),
    'assigns the claims': (auth) => Object.assign(auth, { claims: { sub: 'root' } }),
    'assigns the scopes': (auth) => Object.assign(auth, { scopes: new Set(['admin']) }),
    'adds a scope': (auth) => (auth.scopes as Set<string>).add('admin'),
    'deletes a scope': (auth) => (auth.scopes as Set<string>).delete('read'),
    'clears the scopes': (auth) => (auth.scopes as Set<string>).clear(),
    'hangs something on the scopes': (auth) => Object.assign(auth.scopes, { has: () => true }),
    'adds a scope by force': (auth) => Set.prototype.add.call(auth.scopes, 'admin'),
    'clears the scopes by force': (auth) => Set.prototype.clear.call(auth.scopes),
    'adds an audience': (auth) => (auth.audience as string[]).push('urn:other'),
    'lives on': (auth) => auth.expiresAt?.setTime(8e15),
    'assigns the end': (auth) => Object.assign(auth, { expiresAt: new Date(8e15) }),
    'changes the subject': (auth) => Object.assign(auth, { subject: 'root' }),
    'hides the token': (auth) => Object.assign(auth, { raw: () => 'another' }),
    'adds a user': (auth) => Object.defineProperty(auth, 'user', { value: 'root' }),
  }

  test.each(Object.entries(attempts))('which %s', async (_name, attempt) => {
    const { validator, token, remember } = await open()
    await remember(token)
    const before = await validator.authenticate(requestWith(token))
    const untouched = pictureOf(before)
    const spoilt = await validator.authenticate(requestWith(token))
    expect(isLeftOrRefused(() => attempt(spoilt as never))).toBe(true)
    expect(pictureOf(await validator.authenticate(requestWith(token), scopes('read')))).toEqual(untouched)
    expect(pictureOf(before)).toEqual(untouched)
    const admin = validator.authenticate(requestWith(token), scopes('admin'))
    expect(await reasonOf(admin)).toBe('missing-scope')
  })

  function pictureOf(auth: AccessToken): object {
    const { claims, audience: named, expiresAt, subject, issuer, clientId, scopes: granted } = auth
    const picture = { claims, named, expires: expiresAt?.getTime(), subject, issuer, clientId, scopes: [...granted] }
    return {
      ...structuredClone(picture),
      isAdmin: claims['isAdmin'],
      mayAdmin: granted.has('admin'),
      raw: auth.raw(),
      own: Object.keys(auth),
    }
  }

  test('two requests at the same time have each a token of their own', async () => {
    const { validator, token, remember } = await open()
    await remember(token)
    const [one, other] = await Promise.all([
      validator.authenticate(requestWith(token)),
      validator.authenticate(requestWith(token)),
    ])
    expect(one).not.toBe(other)
    expect(one.expiresAt).not.toBe(other.expiresAt)
    expect(one).toEqual(other)
    expect([one.raw(), other.raw()]).toEqual([token, token])
    for (const shared of [one.claims, one.audience, one.claims['roles'], one.claims['nested']]) {
      expect(Object.isFrozen(shared)).toBe(true)
    }
  })

  test('a token of a hit is in every respect one that was just verified', async () => {
    const { validator, token } = await open()
    const verified = await validator.authenticate(requestWith(token))
    await validator.authenticate(requestWith(token))
    const recalled = await validator.authenticate(requestWith(token))
    expect(validator.health().caches.jwt.hits).toBe(1)
    expect(recalled).toEqual(verified)
    expect(JSON.stringify(recalled)).toBe(JSON.stringify(verified))
    expect(Object.keys(recalled)).toEqual(Object.keys(verified))
    expect(recalled.scopes).toEqual(new Set(['read']))
    expect(await validator.authorize(recalled, requestWith(token), scopes('read'))).toBe(recalled)
  })

  test('the token is in nothing that is printed or serialized', async () => {
    const { validator, token, remember } = await open()
    await remember(token)
    const auth = await validator.authenticate(requestWith(token))
    const shown = [
      JSON.stringify(auth),
      inspect(auth, { showHidden: true, depth: 9 }),
      inspect(auth, { showHidden: true, depth: 9, getters: true, showProxy: true }),
      String(auth),
      JSON.stringify({ ...auth }),
      JSON.stringify(Object.getOwnPropertyDescriptors(auth)),
    ].join('\n')
    for (const segment of token.split('.')) {
      expect(shown).not.toContain(segment)
    }
    expect(auth.raw()).toBe(token)
  })

  test('what a schema makes of the claims is made for each request', async () => {
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => ({ value: { roles: [...(value as { roles: string[] }).roles] } }),
      },
    } as const
    const { upstream, time } = await open()
    const validator = createValidator({
      issuer: upstream.url,
      audience,
      clock: () => time.now * 1000,
      claims: schema,
    })
    const token = tokenOf(upstream.url, { roles: ['reader'] })
    for (let round = 0; round < 5; round += 1) {
      const auth = await validator.authenticate(requestWith(token))
      expect(auth.claims).toEqual({ roles: ['reader'] })
      auth.claims.roles.push('admin')
    }
    expect(validator.health().caches.jwt.hits).toBe(3)
  })

  test('a token that another validator has judged is not taken for one of ours', async () => {
    const one = await open()
    const other = await open()
    await one.remember(one.token)
    const auth = await one.validator.authenticate(requestWith(one.token))
    await expect(other.validator.authorize(auth, requestWith(one.token))).rejects.toThrow(TypeError)
    await expect(other.validator.authorize({ ...auth }, requestWith(one.token))).rejects.toThrow(TypeError)
    await expect(one.validator.authorize({ ...auth }, requestWith(one.token))).rejects.toThrow(TypeError)
  })
})

describe('what many tokens have in common changes none of them', () => {
  /** Texts of a claim that are easily taken for each other, some of which a text of JSON cannot tell apart once they are read. */
  const texts = [
    '1',
    '"1"',
    '1.5',
    '0',
    '-0',
    '"0"',
    '1e400',
    '-1e400',
    'null',
    '"null"',
    '""',
    'true',
    '"true"',
    'false',
    '[]',
    '{}',
    '[1e400]',
    '[null]',
    '[[]]',
    '[1]',
    '["1"]',
    '"[1]"',
    '{"a":1e400}',
    '{"a":null}',
    '{"a":1,"b":2}',
    '{"b":2,"a":1}',
    String.raw`"\ud800"`,
    String.raw`"\\ud800"`,
    '"é"',
    String.raw`"e\u0301"`,
    '{"__proto__":{"a":1}}',
    '{"toJSON":"1"}',
  ]

  function tokenWith(issuer: string, text: string, subject: string): string {
    const claims = JSON.stringify({ ...claimsOf(issuer), sub: subject })
    const payload = `${claims.slice(0, -1)},"custom":${text}}`
    return jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, payload, first.privateKey, 'ES256')
  }

  test.each([
    ['in this order', texts],
    ['in the other order', texts.toReversed()],
  ])('each keeps its own claims, met %s', async (_order, ordered) => {
    const { validator, upstream, remember } = await open()
    const wants = ordered.map((text, index) => {
      const subject = `user-${index}`
      return { token: tokenWith(upstream.url, text, subject), text, subject, custom: JSON.parse(text) as unknown }
    })
    for (const { token } of wants) {
      await remember(token)
    }
    const wrongOnes: string[] = []
    for (const { token, text, subject, custom } of wants) {
      const auth = await validator.authenticate(requestWith(token))
      expect(auth).toMatchObject({ subject, claims: { sub: subject } })
      if (
        inspect(auth.claims['custom'], { depth: 9 }).replace('-0', '0') !==
        inspect(custom, { depth: 9 }).replace('-0', '0')
      ) {
        wrongOnes.push(`${text} became ${inspect(auth.claims['custom'])}`)
      }
    }
    expect(wrongOnes).toEqual([])
  })

  test('claims of odd names are claims as any other', async () => {
    const { validator, upstream, remember } = await open()
    const odd = '"__proto__":{"isAdmin":true},"constructor":{"a":1},"toJSON":"x","hasOwnProperty":1,"7":[7],"":{}'
    const payload = `${JSON.stringify(claimsOf(upstream.url)).slice(0, -1)},${odd}}`
    for (const more of ['', ' ']) {
      const token = jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, payload + more, first.privateKey, 'ES256')
      await remember(token)
      const { claims } = await validator.authenticate(requestWith(token))
      expect(JSON.stringify(Object.entries(claims))).toBe(JSON.stringify(Object.entries(JSON.parse(payload) as object)))
      expect(claims['isAdmin']).toBeUndefined()
      expect(Object.getPrototypeOf(claims)).toBe(Object.prototype)
    }
  })

  test('each keeps its own scopes', async () => {
    const { validator, upstream, remember } = await open()
    const grants = [
      'read',
      'read write',
      'write read',
      'write',
      '',
      ' ',
      'READ',
      'read\u00e9',
      ['read'],
      null,
      7,
      undefined,
    ]
    const tokens = grants.map((scope) => tokenOf(upstream.url, { scope }))
    for (const token of tokens) {
      await remember(token)
    }
    const seen = await Promise.all(tokens.map(async (token) => validator.authenticate(requestWith(token))))
    expect(seen.map((auth) => [...auth.scopes])).toEqual(
      grants.map((scope) => (typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : [])),
    )
  })

  test('a handler that changes the scopes of one token changes those of no other', async () => {
    const { validator, upstream } = await open()
    const one = await validator.authenticate(requestWith(tokenOf(upstream.url, { sub: 'alice' })))
    for (const attempt of [
      () => Object.assign(one.scopes, { has: () => true }),
      () => Set.prototype.add.call(one.scopes, 'admin'),
    ]) {
      expect(isLeftOrRefused(attempt)).toBe(true)
    }
    const bob = requestWith(tokenOf(upstream.url, { sub: 'bob' }))
    expect(await reasonOf(validator.authenticate(bob, scopes('admin')))).toBe('missing-scope')
  })
})

describe('many tokens cost a bounded amount (defect 55)', () => {
  const secret = 'a secret that is shared with the issuer and is long enough'
  const issuer = 'https://as.example'
  const head = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')
  const bounds = { entries: 100_000, bytes: 64 * 1024 * 1024 }

  function minted(index: number, key = secret): string {
    const claims = { ...claimsOf(issuer), exp: T0 + hour, jti: `j-${index}` }
    const input = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
  }

  function requestOf(token: string): HttpRequest {
    return { method: 'GET', url: '/', headers: [['authorization', `Bearer ${token}`]] }
  }

  function openShared(): Validator {
    const trusted = trustedIssuer(issuer, { secret })
    return createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  }

  async function presentAll(validator: Validator, count: number): Promise<void> {
    const batch = 500
    for (let start = 0; start < count; start += batch) {
      await Promise.all(
        Array.from({ length: batch }, (_, index) => validator.authenticate(requestOf(minted(start + index)))),
      )
      const { entries, bytes } = validator.health().caches.jwt
      if (entries > bounds.entries || bytes > bounds.bytes) {
        throw new Error(`${entries} entries, ${bytes} bytes`)
      }
    }
  }

  test('200,000 tokens that come once leave nothing behind, and twice no more than there is room for', async () => {
    const validator = openShared()
    await presentAll(validator, 200_000)
    expect(validator.health().caches.jwt).toMatchObject({ hits: 0, entries: 0, bytes: 0 })
    await presentAll(validator, 200_000)
    const { entries, bytes } = validator.health().caches.jwt
    expect(entries).toBeGreaterThan(1000)
    expect(entries).toBeLessThanOrEqual(bounds.entries)
    expect(bytes).toBeLessThanOrEqual(bounds.bytes)
    // Those who come all the time are remembered all the same.
    const faithful = minted(1_000_000)
    for (let round = 0; round < 2; round += 1) {
      await validator.authenticate(requestOf(faithful))
    }
    const { hits } = validator.health().caches.jwt
    await validator.authenticate(requestOf(faithful))
    expect(validator.health().caches.jwt.hits).toBe(hits + 1)
  }, 180_000)

  test('a token that is bad is never kept, however often it comes', async () => {
    const validator = openShared()
    const good = minted(0)
    const [header = '', payload = '', signature = ''] = minted(1).split('.')
    const bad: Readonly<Record<string, string>> = {
      [minted(2, 'another secret that is as long as the one which is shared')]: 'bad-signature',
      [`${header}.${payload}.${signature.split('').toReversed().join('')}`]: 'malformed-token or bad-signature',
      [jws({ alg: 'HS256' }, { ...claimsOf(issuer), exp: T0 - 60 }, Buffer.from(secret), 'HS256')]: 'expired',
      [jws({ alg: 'HS256' }, { ...claimsOf(issuer), nbf: T0 + 60 }, Buffer.from(secret), 'HS256')]: 'not-yet-valid',
      [jws({ alg: 'HS256' }, { ...claimsOf(issuer), aud: 'urn:x' }, Buffer.from(secret), 'HS256')]: 'wrong-audience',
      [jws({ alg: 'HS256' }, { ...claimsOf(issuer), exp: '1' }, Buffer.from(secret), 'HS256')]: 'malformed-claim',
      [jws({ alg: 'HS256' }, { ...claimsOf(issuer), iss: 'https://x.example' }, Buffer.from(secret), 'HS256')]:
        'untrusted-issuer',
      'a.b.c': 'malformed-token',
      opaque: 'malformed-token',
    }
    for (let round = 0; round < 6; round += 1) {
      for (const [token, expected] of Object.entries(bad)) {
        expect(expected).toContain(await reasonOf(validator.authenticate(requestOf(token))))
      }
    }
    expect(validator.health().caches.jwt).toMatchObject({ hits: 0, entries: 0, bytes: 0 })
    for (let round = 0; round < 3; round += 1) {
      expect(await reasonOf(validator.authenticate(requestOf(good)))).toBe('OK')
    }
    expect(validator.health().caches.jwt).toMatchObject({ hits: 1, entries: 1 })
  })
})

describe('a refusal is never remembered (defect 56)', () => {
  async function expectRefusals({ reason, jwts }: Scene, token: string, expected: string): Promise<void> {
    for (let round = 0; round < 5; round += 1) {
      expect(await reason(token)).toBe(expected)
    }
    expect(jwts().hits).toBe(0)
  }

  test('a token that was too early is accepted when its time has come', async () => {
    const scene = await open({ clockTolerance: '0s' })
    const token = tokenOf(scene.upstream.url, { nbf: T0 + 2 })
    await expectRefusals(scene, token, 'not-yet-valid')
    scene.time.now += 2
    expect(await scene.reason(token)).toBe('OK')
    await scene.remember(token)
    scene.time.now -= 1
    expect(await scene.reason(token)).toBe('not-yet-valid')
    scene.time.now += 1
    expect(await scene.reason(token)).toBe('OK')
  })

  test('one whose key nobody knew is accepted when it is published', async () => {
    const scene = await open()
    const token = tokenOf(scene.upstream.url, {}, second, 'new')
    await expectRefusals(scene, token, 'unknown-key')
    scene.upstream.routes['/jwks'] = json({ keys: [published(first), published(second, 'new')] })
    scene.time.now += 31
    expect(await scene.reason(token)).toBe('OK')
    await scene.remember(token)
  })

  test('one that nobody could judge is accepted when the issuer is back', async () => {
    const scene = await open()
    scene.upstream.routes['/jwks'] = status(503)
    const token = tokenOf(scene.upstream.url)
    expect(await scene.reason(token)).toBe('upstream-error')
    expect(await scene.reason(token)).not.toBe('OK')
    scene.upstream.routes['/jwks'] = json({ keys: [published(first)] })
    scene.time.now += 60
    expect(await scene.reason(token)).toBe('OK')
    await scene.remember(token)
  })

  test('one that was remembered and lost its key is accepted again when the key is back', async () => {
    const scene = await open()
    await scene.remember(scene.token)
    scene.upstream.routes['/jwks'] = json({ keys: [published(second, 'other')] })
    scene.time.now += 11 * 60
    expect(await scene.reason(scene.token)).toBe('unknown-key')
    scene.upstream.routes['/jwks'] = json({ keys: [published(first)] })
    scene.time.now += 11 * 60
    expect(await scene.reason(scene.token)).toBe('OK')
    await scene.remember(scene.token)
  })
})

describe('issuers that a function finds', () => {
  async function openTenants(resolve: (iss: string) => ReturnType<ResolveIssuer>): Promise<Scene> {
    return open({ issuer: resolve })
  }

  test('a tenant that is removed is shut out after ten minutes, with all its tokens', async () => {
    let isKnown = true
    const scene = await openTenants((iss) => (isKnown ? trustedIssuer(iss) : undefined))
    await scene.remember(scene.token)
    isKnown = false
    scene.time.now += 599
    expect(await scene.reason(scene.token)).toBe('OK')
    scene.time.now += 2
    const { hits } = scene.jwts()
    for (let round = 0; round < 4; round += 1) {
      expect(await scene.reason(scene.token)).toBe('untrusted-issuer')
    }
    expect(scene.jwts().hits).toBe(hits)
  })

  test('a function that answers later shuts a tenant out as well', async () => {
    let isKnown = true
    const scene = await openTenants(async (iss) => (isKnown ? trustedIssuer(iss) : undefined))
    await scene.remember(scene.token)
    isKnown = false
    scene.time.now += 601
    const reasons = await Promise.all(Array.from({ length: 5 }, () => scene.reason(scene.token)))
    expect(reasons).toEqual(Array(5).fill('untrusted-issuer'))
  })

  const changes: Readonly<Record<string, { before?: TrustedIssuerOptions; after: TrustedIssuerOptions; why: string }>> =
    {
      'a narrower audience': { after: { audience: 'urn:other' }, why: 'wrong-audience' },
      'other algorithms': { after: { algorithms: ['RS256'] }, why: 'algorithm-not-allowed' },
      'a shorter lifetime': { after: { maxLifetime: '1h' }, why: 'lifetime-too-long' },
      'other keys': { after: { keys: { keys: [second.jwk] } }, why: 'unknown-key' },
      'the whole profile': { after: { profile: 'rfc9068' }, why: 'missing-claim' },
      'another place for scopes': { after: { scopesFrom: 'roles' }, why: 'missing-scope' },
    }

  test.each(Object.entries(changes))('a tenant that gets %s is judged by that', async (_name, { after, why }) => {
    let settings: TrustedIssuerOptions = {}
    const scene = await openTenants((iss) => trustedIssuer(iss, settings))
    const token = tokenOf(scene.upstream.url, { jti: undefined })
    await scene.remember(token)
    settings = after
    scene.time.now += 601
    for (let round = 0; round < 4; round += 1) {
      expect(await reasonOf(scene.validator.authenticate(requestWith(token), scopes('read')))).toBe(why)
    }
  })

  test('a tenant whose secret is changed has none of its old tokens accepted', async () => {
    const secrets = ['the first secret of this tenant, long enough', 'the second secret of this tenant, long enough']
    let [secret] = secrets
    const scene = await openTenants((iss) => trustedIssuer(iss, { secret }))
    const signed = (by = ''): string =>
      jws({ alg: 'HS256' }, { ...claimsOf('https://t.example'), exp: T0 + hour }, Buffer.from(by), 'HS256')
    await scene.remember(signed(secrets[0]))
    secret = secrets[1]
    scene.time.now += 601
    expect(await scene.reason(signed(secrets[0]))).toBe('bad-signature')
    expect(await scene.reason(signed(secrets[0]))).toBe('bad-signature')
    await scene.remember(signed(secrets[1]))
  })

  test('a function that fails when it is asked again fails the request, and nothing else', async () => {
    let isDown = false
    const scene = await openTenants((iss) => {
      if (isDown) {
        throw new RangeError('the database is down')
      }
      return trustedIssuer(iss)
    })
    const rejections: unknown[] = []
    const note = (error: unknown): void => void rejections.push(error)
    process.on('unhandledRejection', note)
    onTestFinished(() => void process.off('unhandledRejection', note))
    await scene.remember(scene.token)
    isDown = true
    scene.time.now += 601
    await expect(scene.reason(scene.token)).rejects.toThrow(RangeError)
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
    isDown = false
    expect(await scene.reason(scene.token)).toBe('OK')
  })

  test('a tenant that is found anew with the same settings has its tokens verified once more, and remembered', async () => {
    const scene = await openTenants((iss) => trustedIssuer(iss))
    await scene.remember(scene.token)
    scene.time.now += 601
    const { misses } = scene.jwts()
    expect(await scene.reason(scene.token)).toBe('OK')
    expect(scene.jwts().misses).toBe(misses + 1)
    expect(await scene.reason(scene.token)).toBe('OK')
    expect(scene.jwts()).toMatchObject({ misses: misses + 1, entries: 1 })
  })
})

describe('with `remember: nothing`', () => {
  test('a JWT is verified for every request, and nothing is kept', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    onTestFinished(() => verify.mockRestore())
    const { reason, token, jwts } = await open({ cache: 'off' })
    for (let round = 1; round <= 6; round += 1) {
      expect(await reason(token)).toBe('OK')
      expect(verify).toHaveBeenCalledTimes(round)
    }
    expect(jwts()).toMatchObject({ hits: 0, entries: 0, bytes: 0 })
  })

  test('an opaque token is asked about for every request, a bad one as well', async () => {
    const introspection = { cacheFor: '300s', cacheInactiveFor: '30s' } as const
    const api = await openAsking({ introspection, validator: { cache: 'off' } })
    api.server.answer = (token) => (token === 'good' ? api.server.active() : { active: false })
    for (let round = 1; round <= 4; round += 1) {
      expect([await api.reason('good'), await api.reason('bad')]).toEqual(['OK', 'inactive'])
      expect(api.server.asked).toHaveLength(2 * round)
    }
    expect(api.validator.health().caches.opaque).toMatchObject({ hits: 0 })
    expect(api.validator.health().caches.shared).toBeUndefined()
    api.server.answer = () => ({ active: false })
    expect(await api.reason('good')).toBe('inactive')
  })

  test('requests at the same moment share a call, and none after it', async () => {
    const api = await openAsking({ validator: { cache: 'off' } })
    await api.reason('warm')
    const before = api.server.asked.length
    expect(await Promise.all(Array.from({ length: 20 }, () => api.reason('t')))).toEqual(Array(20).fill('OK'))
    expect(api.server.asked.length - before).toBe(1)
    await api.reason('t')
    expect(api.server.asked.length - before).toBe(2)
  })

  test('a guard that allows an old answer gets a new one for each request', async () => {
    const api = await openAsking({ validator: { cache: 'off' } })
    for (let round = 1; round <= 3; round += 1) {
      const before = api.server.asked.length
      expect(await api.reason('t', active({ within: '60s' }))).toBe('OK')
      expect(api.server.asked.length).toBeGreaterThan(before)
      api.advance(1)
    }
  })

  test('to evict is no mistake', async () => {
    const { validator, token, reason } = await open({ cache: 'off' })
    expect(await reason(token)).toBe('OK')
    await expect(validator.evict(token)).resolves.toBeUndefined()
  })

  test('a shared cache, or another word, is a mistake that shows at once', () => {
    const issuer = trustedIssuer('https://as.example', { introspection: { client } })
    const create = (options: object) => () => createValidator({ issuer, audience, ...options })
    
    
    for (const remember of ['everything', '', true, false, null, 0, {}]) {
      expect(create({ cache: remember })).toThrow(wrong)
    }
    for (const options of [{}, { cache: undefined }, { cache: 'memory' }, { cache: 'off' }]) {
      expect(create(options)).not.toThrow()
    }
    expect(create({ cache: memoryCache() })).not.toThrow()
  })
})

describe('what is forgotten', () => {
  test('a JWT that is evicted is verified once more', async () => {
    const { validator, token, reason, jwts, remember, upstream } = await open()
    const other = tokenOf(upstream.url, { sub: 'bob' })
    await remember(token)
    await remember(other)
    expect(jwts().entries).toBe(2)
    await validator.evict(token)
    expect(jwts().entries).toBe(1)
    const { misses } = jwts()
    expect(await reason(token)).toBe('OK')
    expect(jwts().misses).toBe(misses + 1)
    expect(await reason(other)).toBe('OK')
    expect(jwts().misses).toBe(misses + 1)
    for (const stranger of ['a.b.c', 'opaque', tokenOf('https://x.example')]) {
      await expect(validator.evict(stranger)).resolves.toBeUndefined()
    }
    await expect(validator.evict('')).rejects.toThrow(wrong)
  })

  test('one that is evicted forgets what introspection has said of it as well', async () => {
    const server = await openIntrospector()
    server.upstream.routes['/jwks'] = json({ keys: [published(first)] })
    const { validator } = await open({ issuer: trustedIssuer(server.url, { introspection: { client } }) })
    const token = tokenOf(server.url)
    const guard = active({ within: '60s' })
    for (let round = 0; round < 4; round += 1) {
      await validator.authenticate(requestWith(token), guard)
    }
    expect(server.asked).toHaveLength(1)
    await validator.evict(token)
    expect(validator.health().caches.jwt.entries).toBe(0)
    server.answer = () => ({ active: false })
    expect(await reasonOf(validator.authenticate(requestWith(token), guard))).toBe('inactive')
  })

  test('a validator that is closed accepts no token that it remembers', async () => {
    const { validator, token, remember, reason, jwts } = await open()
    await remember(token)
    const auth = await validator.authenticate(requestWith(token))
    const { hits } = jwts()
    await validator.close()
    for (let round = 0; round < 3; round += 1) {
      await expect(reason(token)).rejects.toThrow(Error)
      await expect(validator.authenticateOptional(requestWith(token))).rejects.toThrow(Error)
    }
    expect(jwts().hits).toBe(hits)
    expect(auth.subject).toBe('alice')
  })
})

describe('what is remembered is answered at once', () => {
  async function isSettledAtOnce(work: Promise<unknown>): Promise<boolean> {
    let isSettled = false
    const settle = (): void => {
      isSettled = true
    }
    void work.then(settle, settle)
    await Promise.resolve()
    const answer = isSettled
    await work.catch(() => undefined)
    return answer
  }

  test('the promise of a validator is settled in one tick, be it a token or a refusal', async () => {
    const { validator, upstream, remember, time } = await open()
    const token = tokenOf(upstream.url, { exp: T0 + 300 })
    expect(await isSettledAtOnce(validator.authenticate(requestWith(token)))).toBe(false)
    await remember(token)
    const request = requestWith(token)
    expect(await isSettledAtOnce(validator.authenticate(request))).toBe(true)
    expect(await isSettledAtOnce(validator.authenticate(request, scopes('read')))).toBe(true)
    expect(await isSettledAtOnce(validator.authenticate(request, scopes('write')))).toBe(true)
    expect(await isSettledAtOnce(validator.authenticateOptional(request))).toBe(true)
    const auth = await validator.authenticate(request)
    expect(await isSettledAtOnce(validator.authorize(auth, request, scopes('read')))).toBe(true)
    time.now += 305
    const { hits } = validator.health().caches.jwt
    expect(await isSettledAtOnce(validator.authenticate(request))).toBe(true)
    expect(await reasonOf(validator.authenticate(request))).toBe('expired')
    expect(validator.health().caches.jwt.hits).toBe(hits + 2)
  })

  test('what is a mistake rejects, and is not thrown', async () => {
    const { validator, token, remember } = await open()
    await remember(token)
    const calls = [
      () => validator.authenticate(requestWith(token), 'read' as never),
      () => validator.authenticate(undefined as never),
      () => validator.authenticate({} as never),
      () => validator.authenticateOptional({} as never),
      () => validator.authorize({} as never, requestWith(token)),
      () => validator.authorize(undefined, requestWith(token)),
      () => validator.evict(7 as never),
    ]
    for (const call of calls) {
      const judged = call()
      expect(judged).toBeInstanceOf(Promise)
      await expect(judged).rejects.toThrow(Error)
    }
  })

  function incoming(token: string): IncomingMessage {
    const authorization = `Bearer ${token}`
    const headers = { authorization, host: 'api.example' }
    return {
      method: 'GET',
      url: '/',
      headers,
      rawHeaders: Object.entries(headers).flat(),
    } as unknown as IncomingMessage
  }

  test('Express goes on within the call', async () => {
    const { validator, token, remember } = await open()
    const protect = createExpressProtect(validator)
    const guarded = protect(scopes('read'))
    await remember(token)
    const req = incoming(token)
    const next = vi.fn<(error?: unknown) => void>()
    guarded(req, {} as ServerResponse, next)
    expect(next.mock.calls).toEqual([[]])
    expect(protect.auth(req)).toMatchObject({ subject: 'alice' })
    // The second layer goes by the same verdict.
    const { hits } = validator.health().caches.jwt
    guarded(req, {} as ServerResponse, next)
    expect(next).toHaveBeenCalledTimes(2)
    expect(validator.health().caches.jwt.hits).toBe(hits)
  })

  test('Koa goes on within the call', async () => {
    const { validator, token, remember } = await open()
    const protect = createKoaProtect(validator)
    await remember(token)
    const ctx = { req: incoming(token), method: 'GET', originalUrl: '/', request: {}, state: {} }
    const next = vi.fn<() => Promise<void>>(async () => undefined)
    const done = protect(scopes('read'))(ctx as never, next)
    expect(next).toHaveBeenCalledTimes(1)
    expect(protect.auth(ctx as unknown as KoaContext)).toMatchObject({ subject: 'alice' })
    await done
  })

  test('Fastify goes on, in hooks and when one of them waits', async () => {
    const { validator, token, remember, upstream } = await open()
    const app = fastify()
    onTestFinished(() => app.close())
    await app.register(tollgate, { validator })
    const handled = vi.fn<(subject: string | undefined) => void>()
    app.get('/', { onRequest: app.protect(scopes('read')) }, async (request) => {
      handled(app.auth(request).subject)
      return { ok: true }
    })
    app.get('/write', { onRequest: app.protect(scopes('write')) }, async (request) => {
      handled(app.auth(request).subject)
      return { ok: true }
    })
    await remember(token)
    const headers = { authorization: `Bearer ${token}` }
    const { hits } = validator.health().caches.jwt
    for (let round = 1; round <= 3; round += 1) {
      expect((await app.inject({ url: '/', headers })).statusCode).toBe(200)
      expect((await app.inject({ url: '/write', headers })).statusCode).toBe(403)
      expect(handled).toHaveBeenCalledTimes(round)
    }
    expect(validator.health().caches.jwt.hits).toBe(hits + 6)
    const cold = { authorization: `Bearer ${tokenOf(upstream.url, { sub: 'bob' })}` }
    expect((await app.inject({ url: '/', headers: cold })).statusCode).toBe(200)
    expect(handled).toHaveBeenLastCalledWith('bob')
  })
})

describe('what is told of remembered tokens', () => {
  test('each verdict, and each look-up', async () => {
    const { token, reason, upstream } = await open()
    const lookUps = listening('tollgate:cache')
    const verdicts = listening('tollgate:verdict')
    for (let round = 0; round < 5; round += 1) {
      expect(await reason(token)).toBe('OK')
    }
    const told = { cache: 'jwt', operation: 'get', error: undefined }
    expect(lookUps).toEqual(['miss', 'miss', 'hit', 'hit', 'hit'].map((outcome) => ({ ...told, outcome })))
    expect(verdicts).toEqual(
      Array.from({ length: 5 }, () => ({ outcome: 'accepted', issuer: upstream.url, kind: 'jwt' })),
    )
  })

  test('no look-up of what is none, and with `remember: nothing` none at all', async () => {
    const lookUps = listening('tollgate:cache')
    const { token, reason } = await open({ cache: 'off' })
    for (let round = 0; round < 3; round += 1) {
      expect(await reason(token)).toBe('OK')
    }
    const api = await openAsking()
    await api.reason('opaque')
    expect(lookUps.filter(({ cache }) => cache === 'jwt')).toEqual([])
  })

  test('each refusal, with its reason', async () => {
    const { upstream, remember, reason, time, jwts } = await open()
    const token = tokenOf(upstream.url, { exp: T0 + 300 })
    await remember(token)
    const { hits } = jwts()
    const refusals = listening('tollgate:refusal')
    const verdicts = listening('tollgate:verdict')
    time.now += 305
    expect([await reason(token), await reason(token)]).toEqual(['expired', 'expired'])
    expect(jwts().hits).toBe(hits + 2)
    expect(refusals.map(({ outcome, refusal }) => [outcome, refusal.reason])).toEqual([
      ['invalid_token', 'expired'],
      ['invalid_token', 'expired'],
    ])
    expect(verdicts).toEqual([])
  })

  test('when the judgement began and ended, and how', async () => {
    const { upstream, remember, reason, time, validator } = await open()
    const token = tokenOf(upstream.url, { exp: T0 + 300 })
    await remember(token)
    const heard: string[] = []
    for (const event of ['start', 'asyncEnd', 'error']) {
      const name = `tracing:tollgate.authenticate:${event}`
      const listener = (message: unknown): void => {
        const { operation, outcome } = message as { operation: string; outcome?: string }
        heard.push([event, operation, outcome ?? '-'].join(' '))
      }
      subscribe(name, listener)
      onTestFinished(() => void unsubscribe(name, listener))
    }
    const { hits } = validator.health().caches.jwt
    expect(await reason(token)).toBe('OK')
    const guarded = validator.authenticate(requestWith(token), scopes('write'))
    expect(await reasonOf(guarded)).toBe('missing-scope')
    time.now += 305
    expect(await reason(token)).toBe('expired')
    expect(validator.health().caches.jwt.hits).toBe(hits + 3)
    expect(heard).toEqual([
      'start authenticate -',
      'asyncEnd authenticate accepted',
      'start authenticate -',
      'asyncEnd authenticate insufficient_scope',
      'start authenticate -',
      'asyncEnd authenticate invalid_token',
    ])
  })
})

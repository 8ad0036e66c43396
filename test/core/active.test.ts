/** A verdict of the authorization server that is as fresh as the route demands. */
import {
  type AccessToken,
  active,
  allOf,
  anyOf,
  audience as audienceGuard,
  claims,
  createValidator,
  defineGuard,
  scopes,
  trustedIssuer,
} from '@tollgate/core'
import { expect, test } from 'vitest'
import { openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { client } from '../harness/introspecting.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience } from '../harness/reference.ts'
import { json, status } from '../harness/upstream.ts'
import { until } from '../harness/until.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const { jwk, privateKey } = keyPair('P-256')

test('an opaque token is asked about again when the verdict is older than the route wants', async () => {
  const api = await openAsking()
  expect(await api.reason('t', active({ within: '5s' }))).toBe('OK')
  api.advance(5)
  expect(await api.reason('t', active({ within: '5s' }))).toBe('OK')
  expect(api.server.asked, 'what was asked to judge it will do').toHaveLength(1)
  api.advance(0.001)
  expect(await api.reason('t'), 'other routes use what is remembered').toBe('OK')
  expect(api.server.asked).toHaveLength(1)
  api.server.answer = () => ({ active: false })
  expect(await api.reason('t', active({ within: '5s' }))).toBe('inactive')
  expect(api.server.asked).toHaveLength(2)
  expect(await api.reason('t'), 'and now hear of the revocation').toBe('inactive')
})

test('guards that follow, and the handler, see what the new answer says', async () => {
  const api = await openAsking()
  expect(await api.reason('t', scopes('read'))).toBe('OK')
  api.advance(10)
  api.server.answer = () => api.server.active({ scope: 'admin', sub: 'bob' })
  const route = [claims(({ sub }) => sub === 'bob', 'not-bob'), scopes('admin'), active({ within: '1s' })]
  expect((await api.authenticate('t', ...route)).subject).toBe('bob')
  api.advance(10)
  api.server.answer = () => api.server.active({ scope: 'read' })
  expect(await api.reason('t', ...route)).toBe('missing-scope')
  const later = { 'wrong-audience': { aud: 'x' }, 'sender-constrained': { cnf: { jkt: 'x' } }, expired: { exp: 0 } }
  for (const [reason, changes] of Object.entries(later)) {
    api.server.answer = () => api.server.active()
    expect(await api.reason(reason)).toBe('OK')
    api.advance(10)
    api.server.answer = () => api.server.active(changes)
    expect(await api.reason(reason, active({ within: '1s' }))).toBe(reason)
  }
})

test('a JWT is asked about as well, and stays what it was', async () => {
  for (const formats of ['jwt', 'both'] as const) {
    const api = await openAsking({ issuer: { formats } })
    api.server.upstream.routes['/jwks'] = json({ keys: [{ ...jwk, kid: 'k' }] })
    const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.server.url), privateKey, 'ES256')
    expect(await api.reason(token)).toBe('OK')
    expect(api.server.asked).toHaveLength(0)
    const judged = await api.authenticate(token, active({ within: '5s' }), scopes('read'))
    expect(judged.kind).toBe('jwt')
    expect(await api.reason(token, active({ within: '5s' }))).toBe('OK')
    expect(api.server.asked.map(({ form }) => form.get('token'))).toEqual([token])
    api.advance(6)
    api.server.answer = () => ({ active: false })
    expect(await api.reason(token, active({ within: '5s' }))).toBe('inactive')
    expect(await api.reason(token), 'a route that does not ask does not hear of it').toBe('OK')
  }
})

test('what the answer about a JWT says has to be in order too', async () => {
  const api = await openAsking({ introspection: { cacheFor: '300s' } })
  api.server.upstream.routes['/jwks'] = json({ keys: [{ ...jwk, kid: 'k' }] })
  const claimsOfToken = claimsOf(api.server.url)
  const token = (jti: string): string => jws({ alg: 'ES256', kid: 'k' }, { ...claimsOfToken, jti }, privateKey, 'ES256')
  const now = Number(claimsOfToken['iat']) + 60
  const cases = {
    OK: { aud: undefined, iss: undefined, token_type: undefined, sub: 'pairwise' },
    'wrong-audience': { aud: 'x' },
    'untrusted-issuer': { iss: 'x' },
    expired: { exp: now - 60 },
    'not-yet-valid': { nbf: now + 60 },
    'wrong-token-type': { token_type: 'refresh_token' },
    'sender-constrained': { cnf: { jkt: 'x' } },
  }
  for (const [reason, changes] of Object.entries(cases)) {
    api.server.answer = () => api.server.active(changes)
    expect(await api.reason(token(reason), active({ within: '5s' })), reason).toBe(reason)
  }
  api.server.answer = () => api.server.active({ exp: now + 3 })
  expect(await api.reason(token('short'), active({ within: '300s' }))).toBe('OK')
  api.advance(14)
  expect(await api.reason(token('short'), active({ within: '300s' }))).toBe('expired')
})

test('guards that have passed an older token are asked again about the newer', async () => {
  const routes = [
    [audienceGuard('urn:x'), active({ within: '1s' })],
    [
      scopes('admin'),
      anyOf(
        active({ within: '1s' }),
        claims(() => false, 'never'),
      ),
    ],
    [anyOf(active({ within: '1s' }), scopes('none')), scopes('admin')],
    [anyOf(allOf(active({ within: '0s' }), scopes('root')), allOf(active({ within: '60s' }), scopes('admin')))],
    [
      anyOf(allOf(active({ within: '60s' }), scopes('admin')), scopes('x')),
      anyOf(allOf(active({ within: '1s' }), scopes('read')), scopes('y')),
    ],
  ]
  for (const route of routes) {
    const api = await openAsking()
    api.server.answer = () => api.server.active({ aud: [audience, 'urn:x'], scope: 'admin' })
    expect(await api.reason('t')).toBe('OK')
    api.advance(10)
    api.server.answer = () => api.server.active()
    expect(await api.reason('t', ...route)).toMatch(/missing-scope|wrong-audience/)
    expect(api.server.asked).toHaveLength(2)
  }
})

test('what is let through is what all guards have passed, however often others have the token judged anew meanwhile', async () => {
  const api = await openAsking()
  const token = await api.authenticate('t')
  let renewals = 0
  const renew = async (): Promise<AccessToken> => {
    renewals += 1
    return { ...token, raw: () => 't', audience: renewals < 3 ? ['urn:x'] : [] }
  }
  const context = { request: requestWith('t'), now: 0, renew }
  const route = allOf(audienceGuard('urn:x'), active({ within: '0s' }))
  expect(await route.check({ ...token, raw: () => 't', audience: ['urn:x'] }, context)).toMatchObject({
    audience: ['urn:x'],
  })
  expect(renewals).toBe(3)
})

test('nobody is given an older answer than the route wants, whoever asks at the same moment', async () => {
  const cache = memoryCache()
  const api = await openAsking({ validator: { cache } })
  api.server.upstream.routes['/jwks'] = json({ keys: [{ ...jwk, kid: 'k' }] })
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.server.url), privateKey, 'ES256')
  expect(await api.reason(token, active({ within: '1s' }))).toBe('OK')
  const other = createValidator({
    issuer: trustedIssuer(api.server.url, { introspection: { client } }),
    audience,
    cache,
    clock: () => 1_700_000_010_000,
  })
  api.server.answer = () => ({ active: false })
  const judged = await other.authenticate(requestWith(token))
  const present = (within: '60s' | '9s' | '0s'): Promise<string> =>
    reasonOf(other.authorize(judged, requestWith(token), active({ within })))
  expect(await Promise.all([present('60s'), present('9s'), present('0s')])).toEqual(['OK', 'inactive', 'inactive'])
})

test('a clock that is ahead makes no answer newer for those who share it', async () => {
  const cache = memoryCache()
  const ahead = await openAsking({ validator: { cache, clock: () => 1_700_000_004_900 } })
  expect(await ahead.reason('t')).toBe('OK')
  ahead.server.answer = () => ({ active: false })
  const other = createValidator({
    issuer: trustedIssuer(ahead.server.url, { introspection: { client } }),
    audience,
    cache,
    // Five and a half seconds later, by a clock that is right.
    clock: () => 1_700_000_005_500,
  })
  expect(await reasonOf(other.authenticate(requestWith('t'), active({ within: '1s' })))).toBe('inactive')
})

test.each(['10s', '0s'] as const)(
  'an older answer that arrives late does not replace a newer one, remembered for %s',
  async (cacheInactiveFor) => {
    const api = await openAsking({ introspection: { cacheInactiveFor } })
    api.server.upstream.routes['/jwks'] = json({ keys: [{ ...jwk, kid: 'k' }] })
    const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.server.url), privateKey, 'ES256')
    const waiting: (() => void)[] = []
    api.server.misbehave = (request, response) => waiting.push(() => json(api.server.active())(request, response))
    const older = api.reason(token, active({ within: '60s' }))
    await until(() => waiting.length === 1)
    api.advance(1)
    api.server.misbehave = json({ active: false })
    expect(await api.reason(token, active({ within: '0s' }))).toBe('inactive')
    waiting.shift()?.()
    expect(await older).toBe('OK')
    expect(await api.reason(token, active({ within: '60s' }))).toBe('inactive')
    expect(api.server.asked).toHaveLength(cacheInactiveFor === '10s' ? 2 : 3)
  },
)

test('an answer that somebody asked for later does not keep an earlier one from being remembered', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  const waiting: (() => void)[] = []
  api.server.misbehave = (request, response) => waiting.push(() => json({ active: false })(request, response))
  const hammering = []
  for (let index = 0; index < 3; index += 1) {
    api.advance(0.001)
    hammering.push(api.reason('t', active({ within: '0s' })))
    await until(() => waiting.length === index + 1)
  }
  waiting.shift()?.()
  expect(await hammering[0]).toBe('inactive')
  expect(await api.reason('t'), 'while the others still wait').toBe('inactive')
  waiting.forEach((answer) => answer())
  expect(new Set(await Promise.all(hammering))).toEqual(new Set(['inactive']))
})

test('an inactive answer that is not to be remembered ends the active one that was', async () => {
  const cache = memoryCache()
  const api = await openAsking({ introspection: { cacheInactiveFor: '0s' }, validator: { cache } })
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  api.server.answer = () => ({ active: false })
  expect(await api.reason('t', active({ within: '1s' }))).toBe('inactive')
  expect(await api.reason('t')).toBe('inactive')
  expect([...cache.entries.values()].join()).not.toContain('"active":true')
})

test('inactive answers that are not to be remembered still tell that older ones are no longer so', async () => {
  const cache = memoryCache()
  const one = await openAsking({ validator: { cache } })
  one.server.upstream.routes['/jwks'] = json({ keys: [{ ...jwk, kid: 'k' }] })
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(one.server.url), privateKey, 'ES256')
  expect(await one.reason(token, active({ within: '1s' }))).toBe('OK')
  const other = createValidator({
    issuer: trustedIssuer(one.server.url, { introspection: { client, cacheInactiveFor: '0s' } }),
    audience,
    cache,
    clock: () => 1_700_000_010_000,
  })
  const present = (within: '0s' | '30s'): Promise<string> =>
    reasonOf(other.authenticate(requestWith(token), active({ within })))
  one.server.answer = () => ({ active: false })
  expect(await present('0s'), 'this process has not heard of it before').toBe('inactive')
  expect(await present('30s')).toBe('inactive')
})

test('when nobody can be asked, the route is unavailable, and no other', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  api.server.misbehave = status(503)
  expect(await api.reason('t', active({ within: '1s' }))).toBe('upstream-error')
  expect(await api.reason('t')).toBe('OK')
})

test("within '0s' every request asks, though those of one moment share the answer", async () => {
  const api = await openAsking()
  for (let request = 1; request <= 3; request += 1) {
    api.advance(0.001)
    expect(await api.reason('t', active({ within: '0s' }))).toBe('OK')
    expect(api.server.asked).toHaveLength(request)
  }
})

test('what was asked for during a judgement is new enough for all of it', async () => {
  let now = 1_700_000_000_000
  const api = await openAsking({ validator: { clock: () => now++ } })
  const route = [active({ within: '0s' }), scopes('read'), claims(() => true, 'never'), active({ within: '1ms' })]
  expect(await api.reason('t', ...route)).toBe('OK')
  expect(api.server.asked, 'once to know the token, and once for the route').toHaveLength(2)
})

test('in alternatives nobody is asked when another guard passes, and an inactive token may pass by another', async () => {
  const api = await openAsking()
  const route = anyOf(active({ within: '1s' }), scopes('admin'))
  api.server.answer = () => api.server.active({ scope: 'admin' })
  expect(await api.reason('t', route)).toBe('OK')
  api.advance(10)
  api.server.misbehave = status(503)
  expect(await api.reason('t', route)).toBe('OK')
  api.server.misbehave = undefined
  api.server.answer = () => ({ active: false })
  expect(await api.reason('t', anyOf(active({ within: '1s' }), scopes('other')))).toBe('missing-scope')
  expect(await api.reason('t', allOf(scopes('admin'), anyOf(scopes('x'), active({ within: '1s' }))))).toBe('inactive')
})

test('where an issuer cannot be asked, the route cannot be defined', async () => {
  const mute = trustedIssuer('https://mute.example')
  const asking = trustedIssuer('https://asking.example', { introspection: { client } })
  for (const issuer of [mute, [asking, mute]]) {
    const validator = createValidator({ issuer, audience })
    expect(() => validator.combine(active({ within: '5s' }))).toThrow(wrong)
    expect(() => validator.combine(scopes('a'), anyOf(scopes('b'), allOf(active({ within: '5s' }))))).toThrow(wrong)
    expect(() => validator.combine(scopes('a'))).not.toThrow()
  }
  expect(() => createValidator({ issuer: asking, audience }).combine(active({ within: '5s' }))).not.toThrow()
})

test.each([[undefined], [{}], [{ within: 5 }], [{ within: '5' }], [{ within: '5s', acr: 'x' }], ['5s']])(
  'active(%o) is a mistake that shows',
  (options) => {
    expect(() => active(options as { within: '5s' })).toThrow(wrong)
  },
)

test('with tenants, an issuer that cannot be asked is a failure of the application', async () => {
  const api = await openAsking()
  const tenants = createValidator({
    issuer: (iss) => trustedIssuer(iss, { keys: { keys: [{ ...jwk, kid: 'k' }] } }),
    audience,
    clock: () => 1_700_000_000_000,
  })
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.server.url), privateKey, 'ES256')
  const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
  await expect(tenants.authenticate(request)).resolves.toHaveProperty('kind', 'jwt')
  await expect(tenants.authenticate(request, active({ within: '5s' }))).rejects.toThrow(TypeError)
})

test('a guard of your own renews nothing: it returns a Refusal, or nothing', async () => {
  const api = await openAsking()
  const sly = defineGuard({ check: (token) => token as never })
  await expect(api.authenticate('t', sly)).rejects.toThrow(TypeError)
})

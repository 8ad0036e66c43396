/** The guard `active`: the authorization server said within this time that the token is active. */
import { active, allOf, anyOf, claims, createValidator, defineGuard, scopes, trustedIssuer } from '@tollgate/core'
import { expect, test } from 'vitest'
import { json, status } from '../harness/responses.ts'
import { client } from '../harness/scripted-api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { openScriptedValidator, reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience } from '../harness/reference.ts'

const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const { jwk, privateKey } = keyPair('P-256')

test('an opaque token is introspected again when the response is older than the route demands', async () => {
  const api = await openScriptedValidator()
  expect(await api.reason('t', active({ within: '5s' }))).toBe('OK')
  api.advance(5)
  expect(await api.reason('t', active({ within: '5s' }))).toBe('OK')
  expect(api.issuer.count('/introspect')).toBe(1)
  api.advance(0.001)
  expect(await api.reason('t')).toBe('OK')
  expect(api.issuer.count('/introspect')).toBe(1)
  api.issuer.introspect = () => ({ active: false })
  expect(await api.reason('t', active({ within: '5s' }))).toBe('inactive')
  expect(api.issuer.count('/introspect')).toBe(2)
  expect(await api.reason('t')).toBe('inactive')
})

test('the guards and the handler see the new response', async () => {
  const api = await openScriptedValidator()
  expect(await api.reason('t', scopes('read'))).toBe('OK')
  api.advance(10)
  api.issuer.introspect = () => api.issuer.active({ scope: 'admin', sub: 'bob' })
  const route = [claims(({ sub }) => sub === 'bob', 'not-bob'), scopes('admin'), active({ within: '1s' })]
  expect((await api.authenticate('t', ...route)).subject).toBe('bob')
  api.advance(10)
  api.issuer.introspect = () => api.issuer.active({ scope: 'read' })
  expect(await api.reason('t', ...route)).toBe('missing-scope')
  const later = { 'wrong-audience': { aud: 'x' }, 'sender-constrained': { cnf: { jkt: 'x' } }, expired: { exp: 0 } }
  for (const [reason, changes] of Object.entries(later)) {
    api.issuer.introspect = () => api.issuer.active()
    expect(await api.reason(reason)).toBe('OK')
    api.advance(10)
    api.issuer.introspect = () => api.issuer.active(changes)
    expect(await api.reason(reason, active({ within: '1s' }))).toBe(reason)
  }
})

test("the profile 'rfc9068' is for JWTs, and not for introspection responses", async () => {
  const api = await openScriptedValidator({ issuer: { profile: 'rfc9068' } })
  api.issuer.keys = [{ ...jwk, kid: 'k' }]
  const claimsOfProfile = { ...claimsOf(api.issuer.url), client_id: 'c', iat: 0, jti: 'j' }
  const sign = (typ: string) => jws({ alg: 'ES256', kid: 'k', typ }, claimsOfProfile, privateKey, 'ES256')
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason(sign('at+jwt'), active({ within: '5s' }))).toBe('OK')
  expect(await api.reason(sign('JWT'))).toBe('wrong-token-type')
})

test('a JWT is introspected too, and keeps its claims', async () => {
  for (const formats of ['jwt', 'both'] as const) {
    const api = await openScriptedValidator({ issuer: { formats } })
    api.issuer.keys = [{ ...jwk, kid: 'k' }]
    const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.issuer.url), privateKey, 'ES256')
    expect(await api.reason(token)).toBe('OK')
    expect(api.issuer.count('/introspect')).toBe(0)
    const validated = await api.authenticate(token, active({ within: '5s' }), scopes('read'))
    expect(validated.kind).toBe('jwt')
    expect(await api.reason(token, active({ within: '5s' }))).toBe('OK')
    expect(api.issuer.count('/introspect')).toBe(1)
    expect(api.issuer.requests.at(-1)?.form.get('token')).toBe(token)
    api.advance(6)
    api.issuer.introspect = () => ({ active: false })
    expect(await api.reason(token, active({ within: '5s' }))).toBe('inactive')
    expect(await api.reason(token)).toBe('OK')
  }
})

test('the response about a JWT is validated too', async () => {
  const api = await openScriptedValidator({ introspection: { cacheFor: '300s' } })
  api.issuer.keys = [{ ...jwk, kid: 'k' }]
  const claimsOfToken = claimsOf(api.issuer.url)
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
    api.issuer.introspect = () => api.issuer.active(changes)
    expect(await api.reason(token(reason), active({ within: '5s' })), reason).toBe(reason)
  }
  api.issuer.introspect = () => api.issuer.active({ exp: now + 3 })
  expect(await api.reason(token('short'), active({ within: '300s' }))).toBe('OK')
  api.advance(14)
  expect(await api.reason(token('short'), active({ within: '300s' }))).toBe('expired')
})

test('concurrent requests get responses that are as recent as their own routes demand', async () => {
  const cache = memoryCache()
  const api = await openScriptedValidator({ validator: { cache } })
  api.issuer.keys = [{ ...jwk, kid: 'k' }]
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.issuer.url), privateKey, 'ES256')
  expect(await api.reason(token, active({ within: '1s' }))).toBe('OK')
  const other = createValidator({
    issuer: trustedIssuer(api.issuer.url, { introspection: { client } }),
    audience,
    cache,
    clock: () => 1_700_000_010_000,
  })
  api.issuer.introspect = () => ({ active: false })
  const validated = await other.authenticate(requestWith(token))
  const present = (within: '60s' | '9s' | '0s'): Promise<string> =>
    reasonOf(other.authorize(validated, requestWith(token), active({ within })))
  expect(await Promise.all([present('60s'), present('9s'), present('0s')])).toEqual(['OK', 'inactive', 'inactive'])
})

test('a response of a process whose clock is ahead counts as older', async () => {
  const cache = memoryCache()
  const ahead = await openScriptedValidator({ validator: { cache, clock: () => 1_700_000_004_900 } })
  expect(await ahead.reason('t')).toBe('OK')
  ahead.issuer.introspect = () => ({ active: false })
  const other = createValidator({
    issuer: trustedIssuer(ahead.issuer.url, { introspection: { client } }),
    audience,
    cache,
    // Five and a half seconds later, by a clock that is right.
    clock: () => 1_700_000_005_500,
  })
  expect(await reasonOf(other.authenticate(requestWith('t'), active({ within: '1s' })))).toBe('inactive')
})

test.each(['10s', '0s'] as const)(
  'an older response that arrives late does not replace a newer one that is cached for %s',
  async (cacheInactiveFor) => {
    const api = await openScriptedValidator({ introspection: { cacheInactiveFor } })
    api.issuer.keys = [{ ...jwk, kid: 'k' }]
    const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.issuer.url), privateKey, 'ES256')
    const waiting: (() => void)[] = []
    api.issuer.routes['/introspect'] = (request, response) =>
      waiting.push(() => json(api.issuer.active())(request, response))
    const older = api.reason(token, active({ within: '60s' }))
    await waitFor(() => waiting.length === 1)
    api.advance(1)
    api.issuer.routes['/introspect'] = json({ active: false })
    expect(await api.reason(token, active({ within: '0s' }))).toBe('inactive')
    waiting.shift()?.()
    expect(await older).toBe('OK')
    expect(await api.reason(token, active({ within: '60s' }))).toBe('inactive')
    expect(api.issuer.count('/introspect')).toBe(cacheInactiveFor === '10s' ? 2 : 3)
  },
)

test('a later request does not keep an earlier response out of the cache', async () => {
  const api = await openScriptedValidator()
  expect(await api.reason('t')).toBe('OK')
  const waiting: (() => void)[] = []
  api.issuer.routes['/introspect'] = (request, response) =>
    waiting.push(() => json({ active: false })(request, response))
  const hammering = []
  for (let index = 0; index < 3; index += 1) {
    api.advance(0.001)
    hammering.push(api.reason('t', active({ within: '0s' })))
    await waitFor(() => waiting.length === index + 1)
  }
  waiting.shift()?.()
  expect(await hammering[0]).toBe('inactive')
  expect(await api.reason('t')).toBe('inactive')
  waiting.forEach((answer) => answer())
  expect(new Set(await Promise.all(hammering))).toEqual(new Set(['inactive']))
})

test('an inactive response that is not cached removes the active one', async () => {
  const cache = memoryCache()
  const api = await openScriptedValidator({ introspection: { cacheInactiveFor: '0s' }, validator: { cache } })
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  api.issuer.introspect = () => ({ active: false })
  expect(await api.reason('t', active({ within: '1s' }))).toBe('inactive')
  expect(await api.reason('t')).toBe('inactive')
  expect([...cache.entries.values()].join()).not.toContain('"active":true')
})

test('an inactive response that is not cached makes older responses useless', async () => {
  const cache = memoryCache()
  const one = await openScriptedValidator({ validator: { cache } })
  one.issuer.keys = [{ ...jwk, kid: 'k' }]
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(one.issuer.url), privateKey, 'ES256')
  expect(await one.reason(token, active({ within: '1s' }))).toBe('OK')
  const other = createValidator({
    issuer: trustedIssuer(one.issuer.url, { introspection: { client, cacheInactiveFor: '0s' } }),
    audience,
    cache,
    clock: () => 1_700_000_010_000,
  })
  const present = (within: '0s' | '30s'): Promise<string> =>
    reasonOf(other.authenticate(requestWith(token), active({ within })))
  one.issuer.introspect = () => ({ active: false })
  expect(await present('0s')).toBe('inactive')
  expect(await present('30s')).toBe('inactive')
})

test('when introspection fails, only the routes that demand it are unavailable', async () => {
  const api = await openScriptedValidator()
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  api.issuer.routes['/introspect'] = status(503)
  expect(await api.reason('t', active({ within: '1s' }))).toBe('upstream-error')
  expect(await api.reason('t')).toBe('OK')
})

test("with '0s' every request introspects", async () => {
  const api = await openScriptedValidator()
  for (let request = 1; request <= 3; request += 1) {
    api.advance(0.001)
    expect(await api.reason('t', active({ within: '0s' }))).toBe('OK')
    expect(api.issuer.count('/introspect')).toBe(request)
  }
})

test('`active` inside `anyOf` is an invalid option, because the validator meets the demand before the guards run', () => {
  expect(() => anyOf(active({ within: '1s' }), scopes('admin'))).toThrow(wrong)
  expect(() => anyOf(scopes('x'), allOf(scopes('y'), active({ within: '1s' })))).toThrow(wrong)
  expect(() => allOf(active({ within: '1s' }), anyOf(scopes('x'), scopes('y')))).not.toThrow()
})

test('the shortest time of several `active` demands counts', async () => {
  const api = await openScriptedValidator()
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  api.issuer.introspect = () => ({ active: false })
  expect(await api.reason('t', active({ within: '60s' }))).toBe('OK')
  expect(await api.reason('t', active({ within: '60s' }), active({ within: '5s' }))).toBe('inactive')
})

test('an inactive token is refused before the guards run', async () => {
  const api = await openScriptedValidator()
  let runs = 0
  const counting = defineGuard({
    check: () => {
      runs += 1
      return 'pass'
    },
  })
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  api.issuer.introspect = () => ({ active: false })
  expect(await api.reason('t', counting, active({ within: '1s' }))).toBe('inactive')
  expect(runs).toBe(0)
})

test('an issuer without introspection makes the route an invalid option', async () => {
  const mute = trustedIssuer('https://mute.example')
  const asking = trustedIssuer('https://asking.example', { introspection: { client } })
  for (const issuer of [mute, [asking, mute]]) {
    const validator = createValidator({ issuer, audience })
    expect(() => validator.combine(active({ within: '5s' }))).toThrow(wrong)
    expect(() => validator.combine(scopes('a'), anyOf(scopes('b'), scopes('c')), active({ within: '5s' }))).toThrow(
      wrong,
    )
    expect(() => validator.combine(scopes('a'))).not.toThrow()
  }
  expect(() => createValidator({ issuer: asking, audience }).combine(active({ within: '5s' }))).not.toThrow()
})

test.each([[undefined], [{}], [{ within: 5 }], [{ within: '5' }], [{ within: '5s', acr: 'x' }], ['5s']])(
  'active(%o) is an invalid option',
  (options) => {
    expect(() => active(options as { within: '5s' })).toThrow(wrong)
  },
)

test('with an `issuer` function, an issuer without introspection is a failure', async () => {
  const api = await openScriptedValidator()
  const tenants = createValidator({
    issuer: (iss) => trustedIssuer(iss, { keys: { keys: [{ ...jwk, kid: 'k' }] } }),
    audience,
    clock: () => 1_700_000_000_000,
  })
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(api.issuer.url), privateKey, 'ES256')
  const request = new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } })
  await expect(tenants.authenticate(request)).resolves.toHaveProperty('kind', 'jwt')
  await expect(tenants.authenticate(request, active({ within: '5s' }))).rejects.toThrow(TypeError)
})

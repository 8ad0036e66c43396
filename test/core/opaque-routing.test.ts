/** Which tokens are introspected, and by which issuer. */
import {
  anyOf,
  bearerToken,
  createValidator,
  scopes,
  trustedIssuer,
  type TrustedIssuerOptions,
  type ValidatorOptions,
} from '@tollgate/core'
import { expect, test } from 'vitest'
import { audience, T0 } from '../harness/constants.ts'
import { encode, jws, keyPair } from '../harness/jws.ts'
import { json, status } from '../harness/responses.ts'
import { client } from '../harness/scripted-api.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const invalidOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
const { jwk, privateKey } = keyPair('P-256')
const wellKnown = '/.well-known/oauth-authorization-server'
const introspection = { client }

function openIssuer(): Promise<ScriptedIssuer> {
  return openScriptedIssuer([{ ...jwk, kid: 'k' }])
}

/** A good JWT of this issuer, with these changes. */
function jwtOf({ url }: ScriptedIssuer, claims: object = {}, header: object = {}): string {
  return jws({ alg: 'ES256', kid: 'k', ...header }, { ...claimsOf(url), ...claims }, privateKey, 'ES256')
}

/** The result for a token at a validator with these issuers. */
function presentTo(
  issuers: readonly (readonly [ScriptedIssuer, TrustedIssuerOptions])[],
  options: Partial<ValidatorOptions> = {},
): (token: string) => Promise<string> {
  const issuer = issuers.map(([scripted, settings]) => trustedIssuer(scripted.url, settings))
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000, ...options })
  return (token) => reasonOf(validator.authenticate(requestWith(token), anyOf(scopes('read'))))
}

/** The tokens that the issuer was asked to introspect. */
function introspected({ requests }: ScriptedIssuer): readonly string[] {
  return requests.filter(({ url }) => url === '/introspect').map(({ form }) => form.get('token') ?? '')
}

test('a JWT is never introspected, whatever its fault, and every other token is', async () => {
  const issuer = await openIssuer()
  const present = presentTo([[issuer, { introspection }]])
  const payload = encode(claimsOf(issuer.url))
  const jwts: readonly (readonly [string, string])[] = [
    [jwtOf(issuer), 'OK'],
    [jwtOf(issuer, { exp: T0 - 60 }), 'expired'],
    [jwtOf(issuer, { iss: 'https://stranger.example' }), 'untrusted-issuer'],
    [jwtOf(issuer, { iss: undefined }), 'missing-claim'],
    [jwtOf(issuer, { iss: 7 }), 'malformed-claim'],
    [jwtOf(issuer, { aud: 'x' }), 'wrong-audience'],
    [jwtOf(issuer, {}, { typ: 'logout+jwt' }), 'wrong-token-type'],
    [jwtOf(issuer).replace(/[^.]{6}$/, 'AAAAAA'), 'bad-signature'],
    [`${encode({ alg: 'none' })}.${payload}.`, 'malformed-token'],
    [`${encode({ alg: 'none' })}..`, 'malformed-token'],
    [`${encode({ alg: '' })}.x.y`, 'malformed-token'],
    [`${encode(' {"alg":"ES256","alg":"none"} ')}.${payload}.AAAA`, 'malformed-token'],
    [`${encode('\uFEFF{"alg":"ES256"}')}.${payload}.AAAA`, 'malformed-token'],
    [`${encode({ alg: 'ES256', x: '>>>???' }).replaceAll('_', '/')}.${payload}.AAAA`, 'malformed-token'],
    // No server can have issued a JWT without `alg`, and no issuer announces encrypted tokens.
    ['e30.x.y', 'malformed-token'],
    [`${encode({ alg: 7 })}.a.b`, 'malformed-token'],
    [`${encode({ ALG: 'ES256' })}.a.b`, 'malformed-token'],
    [`${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`, 'malformed-token'],
    [`${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`, 'malformed-token'],
    [`${encode({ alg: 'RSA-OAEP' })}.a.b.c.d`, 'malformed-token'],
    ['e30..x.y.z', 'malformed-token'],
  ]
  for (const [token, reason] of jwts) {
    expect(await present(token), token).toBe(reason)
  }
  expect(introspected(issuer)).toEqual([])

  const opaque = [
    'opaque',
    'a.b',
    'a.b.c',
    `${encode({ alg: 'ES256' })}.b`,
    `${encode({ alg: 'ES256' })}.a.b.c`,
    `${encode(['alg'])}.a.b`,
    `${encode('"alg"')}.a.b`,
    '...',
    '.a.b',
  ]
  for (const token of opaque) {
    expect(await present(token), token).toBe('OK')
  }
  expect(introspected(issuer)).toEqual(opaque)
})

test("with `formats: 'jwt'` the validator introspects no token", async () => {
  const issuer = await openIssuer()
  const present = presentTo([[issuer, { introspection, formats: 'jwt' }]])
  expect(await present(jwtOf(issuer))).toBe('OK')
  expect(await present('opaque')).toBe('malformed-token')
  expect(introspected(issuer)).toEqual([])
})

test("with `formats: 'opaque'` the validator introspects JWTs too, and needs no keys", async () => {
  const issuer = await openIssuer()
  issuer.routes[wellKnown] = json({ issuer: issuer.url, introspection_endpoint: `${issuer.url}/introspect` })
  const present = presentTo([[issuer, { introspection, formats: 'opaque' }]])
  const stranger = jwtOf(issuer, { iss: 'https://stranger.example' })
  const encrypted = `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`
  const tokens = [jwtOf(issuer, { exp: 0 }), stranger, 'opaque', 'a.b.c', `${encode({ alg: 'none' })}.e30.`, encrypted]
  for (const token of tokens) {
    expect(await present(token), token).toBe('OK')
  }
  expect(introspected(issuer)).toEqual(tokens)
  expect(issuer.count('/jwks')).toBe(0)
})

test('a JWT of an issuer that signs JWTs is not introspected by another issuer', async () => {
  const [signing, introspecting] = await Promise.all([openIssuer(), openIssuer()])
  const present = presentTo([
    [signing, {}],
    [introspecting, { introspection, formats: 'opaque' }],
  ])
  expect(await present(jwtOf(signing))).toBe('OK')
  expect(await present(jwtOf(signing, { exp: 0 }))).toBe('expired')
  expect(introspected(introspecting)).toEqual([])
  expect(await present(jwtOf(introspecting, { exp: 0 }))).toBe('OK')
  expect(await present('opaque')).toBe('OK')
  expect(introspected(introspecting)).toHaveLength(2)
})

test('the longest matching prefix selects the issuer, and no other issuer sees the token', async () => {
  const [one, two] = await Promise.all([openIssuer(), openIssuer()])
  const present = presentTo([
    [one, { introspection: { client, prefix: 'acme_' } }],
    [two, { introspection: { client, prefix: 'acme_b_' } }],
  ])
  expect(await present('acme_1')).toBe('OK')
  expect(await present('acme_b_1')).toBe('OK')
  expect(await present('other_1')).toBe('unknown-prefix')
  expect([introspected(one), introspected(two)]).toEqual([['acme_1'], ['acme_b_1']])
  expect(await present(jwtOf(two))).toBe('OK')
})

test('in order, the first issuer that calls the token active decides, and a failure counts only without one', async () => {
  const [one, two, three] = await Promise.all([openIssuer(), openIssuer(), openIssuer()])
  one.introspect = (token) => ({ ...one.active(), active: token.startsWith('one') })
  two.introspect = (token) => ({ ...two.active(), active: token.includes('two') })
  three.introspect = (token) => ({ ...three.active({ aud: 'x' }), active: token.includes('three') })
  const present = presentTo(
    [one, two, three].map((issuer) => [issuer, { introspection: { client, cacheInactiveFor: '0s' } }]),
    { opaqueRouting: 'in-order' },
  )
  const counts = (): readonly number[] => [one, two, three].map((issuer) => introspected(issuer).length)
  expect(await present('one-or-two')).toBe('OK')
  expect(counts()).toEqual([1, 0, 0])
  expect(await present('two')).toBe('OK')
  expect(counts()).toEqual([2, 1, 0])
  expect(await present('three')).toBe('wrong-audience')
  expect(await present('none')).toBe('inactive')
  one.routes['/introspect'] = status(500)
  expect(await present('none')).toBe('upstream-error')
  expect(await present('two-again')).toBe('OK')
  expect(await present('three-again')).toBe('wrong-audience')
  two.routes['/introspect'] = status(404)
  expect(await present('none'), 'the first failure is reported').toBe('upstream-error')
})

test('in order, a failure of the application for one issuer does not end the search', async () => {
  const [one, two] = await Promise.all([openIssuer(), openIssuer()])
  two.introspect = (token) => ({ ...two.active(), active: token === 'two' })
  const failing = bearerToken(() => Promise.reject(new Error('no token')))
  const present = presentTo(
    [
      [one, { introspection: { client: failing } }],
      [two, { introspection }],
    ],
    { opaqueRouting: 'in-order' },
  )
  expect(await present('two')).toBe('OK')
  await expect(present('none')).rejects.toThrow('no token')
})

test('in order, an issuer that responds with the token of another issuer does not end the search', async () => {
  const [one, two] = await Promise.all([openIssuer(), openIssuer()])
  one.introspect = () => one.active({ iss: two.url })
  const present = presentTo(
    [one, two].map((issuer) => [issuer, { introspection }]),
    { opaqueRouting: 'in-order' },
  )
  expect(await present('t')).toBe('OK')
  two.introspect = () => ({ active: false })
  expect(await present('u')).toBe('untrusted-issuer')
})

test('in order, an issuer with a prefix sees no token without it', async () => {
  const [one, two] = await Promise.all([openIssuer(), openIssuer()])
  one.introspect = () => ({ active: false })
  const present = presentTo(
    [
      [one, { introspection: { client, prefix: 'one_' } }],
      [two, { introspection }],
    ],
    { opaqueRouting: 'in-order' },
  )
  expect(await present('two_1')).toBe('OK')
  expect(await present('one_1')).toBe('OK')
  expect([introspected(one), introspected(two)]).toEqual([['one_1'], ['two_1', 'one_1']])
})

test.each([
  [{ introspection_endpoint: undefined }, 'OK', 'malformed-document'],
  [{ introspection_endpoint: 'http://as.example/introspect' }, 'OK', 'insecure-endpoint'],
  [{ jwks_uri: undefined }, 'malformed-document', 'OK'],
  [{ jwks_uri: 7 }, 'malformed-document', 'OK'],
  [{ jwks_uri: undefined, introspection_endpoint: undefined }, 'malformed-document', 'malformed-document'],
])('with %o in the metadata, a JWT gets %s and an opaque token %s', async (changes, jwt, opaque) => {
  const issuer = await openIssuer()
  const { url } = issuer
  const metadata = { issuer: url, introspection_endpoint: `${url}/introspect`, jwks_uri: `${url}/jwks`, ...changes }
  issuer.routes[wellKnown] = json(metadata)
  const present = presentTo([[issuer, { introspection }]])
  expect([await present(jwtOf(issuer)), await present('opaque')]).toEqual([jwt, opaque])
})

test('each endpoint comes from the first document that names it, whatever the other document does', async () => {
  const issuer = await openIssuer()
  const { routes, url } = issuer
  routes[wellKnown] = json({ issuer: url, jwks_uri: `${url}/jwks` })
  routes['/.well-known/openid-configuration'] = status(503)
  const present = presentTo([[issuer, { introspection }]])
  expect([await present(jwtOf(issuer)), await present('opaque')]).toEqual(['OK', 'upstream-error'])
  routes['/.well-known/openid-configuration'] = json({ issuer: url, introspection_endpoint: `${url}/introspect` })
  const later = presentTo([[issuer, { introspection }]], { clock: () => (T0 + 60) * 1000 })
  expect([await later(jwtOf(issuer)), await later('opaque')]).toEqual(['OK', 'OK'])
})

test('metadata without an endpoint do not replace a known endpoint', async () => {
  const issuer = await openIssuer()
  const metadata = issuer.routes[wellKnown] ?? status(404)
  let now = T0
  const present = presentTo([[issuer, { introspection }]], { clock: () => now * 1000 })
  expect([await present(jwtOf(issuer)), await present('opaque')]).toEqual(['OK', 'OK'])
  now += 3601
  const fresh = { exp: now + 300 }
  issuer.introspect = () => issuer.active(fresh)
  issuer.routes[wellKnown] = json({ issuer: issuer.url })
  expect([await present(jwtOf(issuer, fresh)), await present('opaque')]).toEqual(['OK', 'OK'])
  issuer.routes[wellKnown] = metadata
  now += 120
  expect([await present(jwtOf(issuer, fresh)), await present('opaque')]).toEqual(['OK', 'OK'])
})

test('with a given endpoint and no JWTs, an issuer may have any name, and the validator discovers nothing', async () => {
  const scripted = await openIssuer()
  scripted.introspect = () => scripted.active({ iss: 'our own issuer' })
  const given = { client, endpoint: `${scripted.url}/introspect` }
  const issuer = trustedIssuer('our own issuer', { introspection: given, formats: 'opaque' })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  expect(await reasonOf(validator.authenticate(requestWith('t')))).toBe('OK')
  expect(scripted.requests.map(({ url }) => url)).toEqual(['/introspect'])
  expect(() => trustedIssuer('our own issuer', { introspection, formats: 'opaque' })).toThrow(invalidOption)
  expect(() => trustedIssuer('our own issuer', { introspection: given })).toThrow(invalidOption)
})

test('several issuers with introspection need distinct prefixes, or the option `in-order`', () => {
  const issuer = (name: string, prefix?: string, formats?: 'jwt') =>
    trustedIssuer(`https://${name}.example`, { introspection: { client, prefix }, formats })
  const [a, b] = [issuer('a'), issuer('b')]
  for (const issuers of [
    [a, b],
    [issuer('a', 'x'), b],
    [issuer('a', 'x'), issuer('b', 'x')],
  ]) {
    expect(() => createValidator({ issuer: issuers, audience })).toThrow(invalidOption)
  }
  for (const issuers of [
    [issuer('a', 'x'), issuer('b', 'xy')],
    [a, issuer('b', undefined, 'jwt')],
  ]) {
    expect(() => createValidator({ issuer: issuers, audience })).not.toThrow()
  }
  expect(() => createValidator({ issuer: [a, b], audience, opaqueRouting: 'in-order' })).not.toThrow()
  expect(() => createValidator({ issuer: a, audience, opaqueRouting: 'other' as 'prefix' })).toThrow(invalidOption)
})

test.each([
  [{ formats: 'opaque' }],
  [{ formats: 'both' }],
  [{ formats: 'jwe' }],
  [{ introspection: {} }],
  [{ introspection: null }],
  [{ introspection: { client, prefix: '' } }],
  [{ introspection: { client, prefix: 'a b' } }],
  [{ introspection: { client }, formats: null }],
  [{ introspection: { client, missingAudience: 'accept' } }],
  [{ introspection: { client, timeout: '0s' } }],
  [{ introspection: { client, parameters: {} } }],
  [{ introspection: { client, cache: '5s' } }],
  [{ introspection: { client }, formats: 'opaque', algorithms: ['ES256'] }],
  [{ introspection: { client }, formats: 'opaque', secret: 'x'.repeat(32) }],
  [{ introspection: { client }, formats: 'opaque', profile: 'rfc9068' }],
  [{ introspection: { client }, formats: 'opaque', keys: 'https://as.example/keys' }],
  [{ introspection: { client }, formats: 'opaque', seed: 'keys.json' }],
])('%o is an invalid option', (options) => {
  expect(() => trustedIssuer('https://as.example', options as TrustedIssuerOptions)).toThrow(invalidOption)
})

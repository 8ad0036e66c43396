/** Which tokens are introspected, and where. */
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
import { reasonOf, requestWith } from '../harness/asking.ts'
import { client, type Introspector, openIntrospector } from '../harness/introspecting.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { json, status } from '../harness/upstream.ts'

const { jwk, privateKey } = keyPair('P-256')

interface Server extends Introspector {
  /** A good JWT of this server, with these changes. */
  readonly jwt: (claims?: object, header?: object) => string
}

async function openServer(): Promise<Server> {
  const server = await openIntrospector()
  server.upstream.routes['/jwks'] = json({ keys: [{ ...jwk, kid: 'k' }] })
  const jwt: Server['jwt'] = (claims, header) =>
    jws({ alg: 'ES256', kid: 'k', ...header }, { ...claimsOf(server.url), ...claims }, privateKey, 'ES256')
  return Object.assign(server, { jwt })
}

function present(
  issuers: readonly (readonly [Server, TrustedIssuerOptions])[],
  options: Partial<ValidatorOptions> = {},
): (token: string) => Promise<string> {
  const validator = createValidator({
    issuer: issuers.map(([{ url }, settings]) => trustedIssuer(url, settings)),
    audience,
    clock: () => T0 * 1000,
    ...options,
  })
  return (token) => reasonOf(validator.authenticate(requestWith(token), anyOf(scopes('read'))))
}

function asked(server: Server): readonly string[] {
  return server.asked.map(({ form }) => form.get('token') ?? '')
}

function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

test('a JWT is judged as one and never introspected, whatever its fault; the rest is introspected', async () => {
  const server = await openServer()
  const go = present([[server, { introspection: { client } }]])
  expect(await go(server.jwt())).toBe('OK')
  const payload = encode(claimsOf(server.url))
  const faulty: readonly (readonly [string, string])[] = [
    [server.jwt({ exp: T0 - 60 }), 'expired'],
    [server.jwt({ iss: 'https://stranger.example' }), 'untrusted-issuer'],
    [server.jwt({ iss: undefined }), 'untrusted-issuer'],
    [server.jwt({ aud: 'x' }), 'wrong-audience'],
    [server.jwt({}, { typ: 'logout+jwt' }), 'wrong-token-type'],
    [server.jwt().replace(/[^.]{6}$/, 'AAAAAA'), 'bad-signature'],
    [`${encode({ alg: 'none' })}.${payload}.`, 'malformed-token'],
    [`${encode({ alg: 'none' })}..`, 'malformed-token'],
    [`${encode({ alg: '' })}.x.y`, 'malformed-token'],
    [`${encode(' {"alg":"ES256","alg":"none"} ')}.${payload}.AAAA`, 'malformed-token'],
    [`${encode('\uFEFF{"alg":"ES256"}')}.${payload}.AAAA`, 'malformed-token'],
    [`${encode({ alg: 'ES256', x: '>>>???' }).replaceAll('_', '/')}.${payload}.AAAA`, 'malformed-token'],
  ]
  for (const [token, reason] of faulty) {
    expect(await go(token), token).toBe(reason)
  }
  expect(asked(server)).toEqual([])

  const opaque = [
    'opaque',
    'a.b',
    'a.b.c',
    `${encode({ alg: 'ES256' })}.b`,
    `${encode({ alg: 'ES256' })}.a.b.c`,
    `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`,
    `${encode({ alg: 7 })}.a.b`,
    `${encode(['alg'])}.a.b`,
    `${encode('alg')}.a.b`,
    `${encode({ ALG: 'ES256' })}.a.b`,
    '...',
    '.a.b',
  ]
  for (const token of opaque) {
    expect(await go(token), token).toBe('OK')
  }
  expect(asked(server)).toEqual(opaque)
})

test('an issuer of JWTs only is asked about no token', async () => {
  const server = await openServer()
  const go = present([[server, { introspection: { client }, formats: 'jwt' }]])
  expect(await go(server.jwt())).toBe('OK')
  expect(await go('opaque')).toBe('malformed-token')
  expect(asked(server)).toEqual([])
})

test('an issuer of opaque tokens only is asked about everything, JWTs included, and its keys are not needed', async () => {
  const server = await openServer()
  server.upstream.routes['/.well-known/oauth-authorization-server'] = json({
    issuer: server.url,
    introspection_endpoint: `${server.url}/introspect`,
  })
  const go = present([[server, { introspection: { client }, formats: 'opaque' }]])
  const tokens = [
    server.jwt({ exp: 0 }),
    server.jwt({ iss: 'https://stranger.example' }),
    'opaque',
    'a.b.c',
    `${encode({ alg: 'none' })}.e30.`,
  ]
  for (const token of tokens) {
    expect(await go(token), token).toBe('OK')
  }
  expect(asked(server)).toEqual(tokens)
  expect(server.upstream.count('/jwks')).toBe(0)
})

test('a JWT is introspected only where its issuer, or nobody, claims it', async () => {
  const [signing, asking] = await Promise.all([openServer(), openServer()])
  const go = present([
    [signing, {}],
    [asking, { introspection: { client }, formats: 'opaque' }],
  ])
  expect(await go(signing.jwt())).toBe('OK')
  expect(await go(signing.jwt({ exp: 0 }))).toBe('expired')
  expect(asked(asking)).toEqual([])
  expect(await go(asking.jwt({ exp: 0 }))).toBe('OK')
  expect(await go('opaque')).toBe('OK')
  expect(asked(asking)).toHaveLength(2)
})

test('several servers are told apart by prefix, the longest first, and see no token of each other', async () => {
  const [one, two] = await Promise.all([openServer(), openServer()])
  const go = present([
    [one, { introspection: { client, prefix: 'acme_' } }],
    [two, { introspection: { client, prefix: 'acme_b_' } }],
  ])
  expect(await go('acme_1')).toBe('OK')
  expect(await go('acme_b_1')).toBe('OK')
  expect(await go('other_1')).toBe('unknown-prefix')
  expect([asked(one), asked(two)]).toEqual([['acme_1'], ['acme_b_1']])
  expect(await go(two.jwt())).toBe('OK')
})

test('asked in order, the first that calls a token active wins; none is inactive, and a failure counts only then', async () => {
  const [one, two, three] = await Promise.all([openServer(), openServer(), openServer()])
  one.answer = (token) => (token.startsWith('one') ? one.active() : { active: false })
  two.answer = (token) => (token.includes('two') ? two.active() : { active: false })
  three.answer = (token) => (token.includes('three') ? three.active({ aud: 'x' }) : { active: false })
  const go = present(
    [one, two, three].map((server) => [server, { introspection: { client, cacheInactiveFor: '0s' } }]),
    { opaqueRouting: 'in-order' },
  )
  expect(await go('one-or-two')).toBe('OK')
  expect([asked(one).length, asked(two).length, asked(three).length]).toEqual([1, 0, 0])
  expect(await go('two')).toBe('OK')
  expect([asked(one).length, asked(two).length, asked(three).length]).toEqual([2, 1, 0])
  expect(await go('three'), 'found, and judged').toBe('wrong-audience')
  expect(await go('nobody')).toBe('inactive')
  one.misbehave = status(500)
  two.misbehave = status(404)
  expect(await go('nobody'), 'the failure of the first that failed').toBe('upstream-error')
  two.misbehave = undefined
  expect(await go('two-again'), 'another knows it').toBe('OK')
  expect(await go('three-again')).toBe('wrong-audience')
})

test('what fails at one server, be it a function of ours, keeps nobody from asking the next', async () => {
  const [one, two] = await Promise.all([openServer(), openServer()])
  two.answer = (token) => (token === 'two' ? two.active() : { active: false })
  const validator = createValidator({
    issuer: [
      trustedIssuer(one.url, { introspection: { client: bearerToken(() => Promise.reject(new Error('no token'))) } }),
      trustedIssuer(two.url, { introspection: { client } }),
    ],
    opaqueRouting: 'in-order',
    audience,
    clock: () => T0 * 1000,
  })
  expect(await reasonOf(validator.authenticate(requestWith('two')))).toBe('OK')
  await expect(validator.authenticate(requestWith('nobody'))).rejects.toThrow('no token')
})

test('an endpoint that is missing or not to be trusted is no concern of those who bring JWTs, nor are keys of the others', async () => {
  const good = await openServer()
  const cases = [
    [{ introspection_endpoint: undefined }, 'OK', 'malformed-document'],
    [{ introspection_endpoint: 'http://as.example/introspect' }, 'OK', 'insecure-endpoint'],
    [{ jwks_uri: undefined }, 'malformed-document', 'OK'],
    [{ jwks_uri: 7 }, 'malformed-document', 'OK'],
    [{ jwks_uri: undefined, introspection_endpoint: undefined }, 'malformed-document', 'malformed-document'],
  ] as const
  expect(await present([[good, { introspection: { client } }]])(good.jwt())).toBe('OK')
  for (const [changes, jwt, opaque] of cases) {
    const server = await openServer()
    const document = {
      issuer: server.url,
      introspection_endpoint: `${server.url}/introspect`,
      jwks_uri: `${server.url}/jwks`,
      ...changes,
    }
    server.upstream.routes['/.well-known/oauth-authorization-server'] = json(document)
    const go = present([[server, { introspection: { client } }]])
    expect([await go(server.jwt()), await go('opaque')], JSON.stringify(changes)).toEqual([jwt, opaque])
  }
})

test('each endpoint is found in the first document that has it, whatever becomes of the other', async () => {
  const server = await openServer()
  const { url } = server
  server.upstream.routes['/.well-known/oauth-authorization-server'] = json({ issuer: url, jwks_uri: `${url}/jwks` })
  server.upstream.routes['/.well-known/openid-configuration'] = status(503)
  const go = present([[server, { introspection: { client } }]])
  expect([await go(server.jwt()), await go('opaque')]).toEqual(['OK', 'upstream-error'])
  const document = { issuer: url, introspection_endpoint: `${url}/introspect` }
  server.upstream.routes['/.well-known/openid-configuration'] = json(document)
  const later = present([[server, { introspection: { client } }]], { clock: () => (T0 + 60) * 1000 })
  expect([await later(server.jwt()), await later('opaque')]).toEqual(['OK', 'OK'])
})

test('metadata that lack an endpoint for a while displace none that is known', async () => {
  const server = await openServer()
  const wellKnown = '/.well-known/oauth-authorization-server'
  const good = server.upstream.routes[wellKnown]
  let now = T0
  const go = present([[server, { introspection: { client } }]], { clock: () => now * 1000 })
  expect([await go(server.jwt()), await go('opaque')]).toEqual(['OK', 'OK'])
  now += 3601
  server.answer = () => server.active({ exp: now + 300 })
  server.upstream.routes[wellKnown] = json({ issuer: server.url })
  const fresh = { exp: now + 300 }
  expect([await go(server.jwt(fresh)), await go('opaque')]).toEqual(['OK', 'OK'])
  server.upstream.routes[wellKnown] = good ?? status(404)
  now += 120
  expect([await go(server.jwt(fresh)), await go('opaque')]).toEqual(['OK', 'OK'])
})

test('asked in order, a server that answers for its neighbour does not end the search', async () => {
  const [one, two] = await Promise.all([openServer(), openServer()])
  one.answer = () => one.active({ iss: two.url })
  const go = present(
    [one, two].map((server) => [server, { introspection: { client } }]),
    { opaqueRouting: 'in-order' },
  )
  expect(await go('t')).toBe('OK')
  two.answer = () => ({ active: false })
  expect(await go('u')).toBe('untrusted-issuer')
})

test('a prefix narrows down whom to ask in order', async () => {
  const [one, two] = await Promise.all([openServer(), openServer()])
  one.answer = () => ({ active: false })
  const go = present(
    [
      [one, { introspection: { client, prefix: 'one_' } }],
      [two, { introspection: { client } }],
    ],
    { opaqueRouting: 'in-order' },
  )
  expect(await go('two_1')).toBe('OK')
  expect(await go('one_1')).toBe('OK')
  expect([asked(one), asked(two)]).toEqual([['one_1'], ['two_1', 'one_1']])
})

test('issuers that cannot be told apart are a mistake that shows', () => {
  const issuer = (name: string, prefix?: string, formats?: 'jwt') =>
    trustedIssuer(`https://${name}.example`, { introspection: { client, prefix }, formats })
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  const create =
    (...issuers: ReturnType<typeof issuer>[]) =>
    () =>
      createValidator({ issuer: issuers, audience })
  expect(create(issuer('a'), issuer('b'))).toThrow(wrong)
  expect(create(issuer('a', 'x'), issuer('b'))).toThrow(wrong)
  expect(create(issuer('a', 'x'), issuer('b', 'x'))).toThrow(wrong)
  expect(create(issuer('a', 'x'), issuer('b', 'xy'))).not.toThrow()
  expect(create(issuer('a'), issuer('b', undefined, 'jwt'))).not.toThrow()
  expect(() =>
    createValidator({ issuer: [issuer('a'), issuer('b')], audience, opaqueRouting: 'in-order' }),
  ).not.toThrow()
  expect(() => createValidator({ issuer: issuer('a'), audience, opaqueRouting: 'ask' as 'prefix' })).toThrow(wrong)
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
])('%o is a mistake that shows', (options) => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => trustedIssuer('https://as.example', options as TrustedIssuerOptions)).toThrow(wrong)
})

test('with the endpoint and the keys given, an issuer may have any name, and nothing is discovered', async () => {
  const server = await openServer()
  server.answer = () => server.active({ iss: 'our own issuer' })
  const endpoint = `${server.url}/introspect`
  const issuer = trustedIssuer('our own issuer', { introspection: { client, endpoint }, formats: 'opaque' })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  expect(await reasonOf(validator.authenticate(requestWith('t')))).toBe('OK')
  expect(server.upstream.asked).toEqual(['/introspect'])
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => trustedIssuer('our own issuer', { introspection: { client }, formats: 'opaque' })).toThrow(wrong)
  expect(() => trustedIssuer('our own issuer', { introspection: { client, endpoint } })).toThrow(wrong)
})

/** The schemes and the requirements that follow from options, guards and middleware. */
import {
  active,
  allOf,
  anyOf,
  anyScope,
  audience,
  claims,
  clientSecretBasic,
  cookie,
  createValidator,
  defineGuard,
  dpopBound,
  header,
  scopes,
  stepUp,
  trustedIssuer,
  type ValidatorOptions,
  webSocketProtocol,
} from '@tollgate/core'
import { openApiSecurity, type OpenApiOptions, type OpenApiSecurity } from '@tollgate/core/openapi'
import { createProtect } from '@tollgate/express'
import { describe, expect, test } from 'vitest'
import { trust } from '../testing/faults.ts'

const issuer = trust.issuer
const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }
const invalid = { name: 'TypeError', code: 'ERR_INVALID_OPTION' }

function describeApi(options: Partial<ValidatorOptions> = {}, document: OpenApiOptions = {}): OpenApiSecurity {
  return openApiSecurity(createValidator({ ...trust, ...options }), document)
}

describe('a requirement follows from guards', () => {
  const { securityOf } = describeApi()

  test.each([
    ['no guard', [], [[]]],
    ['scopes', [scopes('a', 'b')], [['a', 'b']]],
    ['anyScope', [anyScope('a', 'b')], [['a'], ['b']]],
    [
      'guards of one route',
      [scopes('a'), anyScope('b', 'c')],
      [
        ['a', 'b'],
        ['a', 'c'],
      ],
    ],
    ['anyOf', [anyOf(scopes('a', 'b'), scopes('c'))], [['a', 'b'], ['c']]],
    ['allOf in anyOf', [anyOf(allOf(scopes('a'), anyScope('b', 'c')), scopes('d'))], [['a', 'b'], ['a', 'c'], ['d']]],
    ['a stronger alternative', [anyOf(scopes('a'), scopes('a', 'b'))], [['a']]],
    ['the same alternative twice', [anyOf(scopes('a', 'b'), scopes('b', 'a'))], [['a', 'b']]],
    ['a scope in two layers', [scopes('a'), anyScope('a', 'b')], [['a']]],
    [
      'a condition beside a scope',
      [
        anyOf(
          scopes('a'),
          claims(() => true, 'x'),
        ),
      ],
      [[]],
    ],
    ['defineGuard', [defineGuard({ demands: { scopes: ['a'] }, check: () => 'pass' })], [['a']]],
    ['other guards', [audience('urn:x'), stepUp({ acr: 'gold' }), claims(() => true, 'x')], [[]]],
  ])('%s', (_name, guards, expected) => {
    expect(securityOf(...guards)).toEqual(expected.map((names) => ({ bearer: names })))
  })

  test('more than 100 combinations are refused', () => {
    const names = Array.from({ length: 11 }, (_, index) => String(index))
    const others = names.map((name) => `other${name}`)
    expect(() => securityOf(anyScope(...names), anyScope(...others))).toThrow(expect.objectContaining(invalid))
    expect(securityOf(anyScope(...names), anyScope(...others.slice(0, 9)))).toHaveLength(99)
  })
})

describe('a requirement follows from middleware', () => {
  const protect = createProtect(trust)
  const { securityOf, security } = openApiSecurity(protect)

  test('of protect, of protect.optional, and of several layers', () => {
    expect(security).toEqual([{ bearer: [] }])
    expect(securityOf(protect(scopes('a')))).toEqual([{ bearer: ['a'] }])
    expect(securityOf(protect.optional(scopes('a')))).toEqual([{ bearer: ['a'] }, {}])
    expect(securityOf(protect.optional(scopes('a')), protect(scopes('b')))).toEqual([{ bearer: ['a', 'b'] }])
    expect(securityOf(protect.unless('/health', scopes('a')), scopes('b'))).toEqual([{ bearer: ['a', 'b'] }])
  })

  test('layers of two validators are needed together', () => {
    const other = createProtect({ ...trust, audience: 'https://other.example', dpop: { mode: 'accepted' } })
    expect(securityOf(protect(scopes('a')), other(scopes('b')))).toEqual([
      { bearer: ['a'], bearer2: ['b'] },
      { bearer: ['a'], dpop2: ['b'] },
    ])
  })

  test('anything else is refused', () => {
    const around = (): unknown => protect(scopes('a'))
    for (const wrong of [around, {}, [scopes('a')], 'a', undefined]) {
      expect(() => securityOf(wrong as object)).toThrow(expect.objectContaining(invalid))
    }
  })
})

describe('the schemes follow from the options of the validator', () => {
  test.each<[string, Partial<ValidatorOptions>, OpenApiOptions, object, object[]]>([
    ['3.1 names the scheme of HTTP', {}, {}, { bearer }, [{ bearer: ['a'] }]],
    [
      '3.0 names the discovery document of the only issuer',
      {},
      { version: '3.0' },
      { oauth: { type: 'openIdConnect', openIdConnectUrl: `${issuer}/.well-known/openid-configuration` } },
      [{ oauth: ['a'] }],
    ],
    [
      '3.0 lists no scopes with two issuers',
      { issuer: [issuer, 'https://other.example'] },
      { version: '3.0' },
      { bearer },
      [{ bearer: [] }],
    ],
    [
      'the given metadata of an issuer',
      { issuer: trustedIssuer(issuer, { metadata: 'https://meta.example/openid' }) },
      { scheme: 'openIdConnect' },
      { oauth: { type: 'openIdConnect', openIdConnectUrl: 'https://meta.example/openid' } },
      [{ oauth: ['a'] }],
    ],
    [
      'given flows get the scopes',
      {},
      {
        version: '3.0',
        scheme: { flows: { clientCredentials: { tokenUrl: `${issuer}/token`, scopes: { a: 'Read' } } } },
      },
      {
        oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: `${issuer}/token`, scopes: { a: 'Read' } } } },
      },
      [{ oauth: ['a'] }],
    ],
    [
      'DPoP is a second way, and the only one when it is required',
      { dpop: { mode: 'required' } },
      {},
      { dpop: { type: 'http', scheme: 'DPoP' } },
      [{ dpop: ['a'] }],
    ],
    [
      'a required certificate is needed beside the token',
      { mtls: { mode: 'required' } },
      {},
      { bearer, mutualTLS: { type: 'mutualTLS' } },
      [{ bearer: ['a'], mutualTLS: [] }],
    ],
    [
      '3.0 has no scheme for certificates',
      { mtls: { mode: 'required' } },
      { version: '3.0', scheme: 'http' },
      { bearer },
      [{ bearer: [] }],
    ],
    [
      'cookies and headers',
      { credentials: ['authorization', cookie('session'), header('cf-access-jwt-assertion')] },
      { prefix: 'api_' },
      {
        api_bearer: bearer,
        api_cookie_session: { type: 'apiKey', in: 'cookie', name: 'session' },
        'api_header_cf-access-jwt-assertion': { type: 'apiKey', in: 'header', name: 'cf-access-jwt-assertion' },
      },
      [{ api_bearer: ['a'] }, { api_cookie_session: ['a'] }, { 'api_header_cf-access-jwt-assertion': ['a'] }],
    ],
    [
      'tokens of FAPI 2.0 are bound',
      { issuer: trustedIssuer(issuer, { profile: 'fapi2' }) },
      {},
      { dpop: { type: 'http', scheme: 'DPoP' } },
      [{ dpop: ['a'] }],
    ],
  ])('%s', (_name, options, document, schemes, expected) => {
    const api = describeApi(options, document)
    expect(api.securityOf(scopes('a'))).toEqual(expected)
    expect(api.securitySchemes).toMatchObject(schemes)
    expect(Object.keys(api.securitySchemes)).toEqual(Object.keys(schemes))
  })

  test('a route for bound tokens names the scheme DPoP alone', () => {
    const options = { dpop: { mode: 'accepted' } } as const
    expect(describeApi(options).securityOf(dpopBound())).toEqual([{ dpop: [] }])
    expect(describeApi(options, { version: '3.0' }).securityOf(dpopBound(), scopes('a'))).toEqual([
      { oauth: ['a'], dpop: [] },
    ])
  })

  test('opaque tokens have no format', () => {
    const introspection = { client: clientSecretBasic('api', 'a secret of the API') }
    const api = describeApi({ issuer: trustedIssuer(issuer, { introspection }) })
    expect(api.securityOf(active({ within: '5s' }))).toEqual([{ bearer: [] }])
    expect(api.securitySchemes['bearer']).not.toHaveProperty('bearerFormat')
  })

  test('the subprotocols of a WebSocket alone are refused, because the operation would seem public', () => {
    const api = describeApi({ credentials: webSocketProtocol() })
    expect(() => api.securityOf(scopes('a'))).toThrow(expect.objectContaining(invalid))
    expect(describeApi({ credentials: ['authorization', webSocketProtocol()] }).security).toEqual([{ bearer: [] }])
  })

  test('invalid options are refused', () => {
    const wrong: readonly (() => unknown)[] = [
      () => describeApi({}, { scheme: 'oauth2' as never }),
      () => describeApi({}, { scheme: { flows: {} } }),
      () => describeApi({}, { version: '2.0' as never }),
      () => describeApi({}, { prefix: 'a b' }),
      () => describeApi({}, { name: 'x' } as never),
      () => describeApi({ issuer: [issuer, 'https://other.example'] }, { scheme: 'openIdConnect' }).security,
      () => openApiSecurity(trust as never),
      () => openApiSecurity(undefined as never),
    ]
    for (const call of wrong) {
      expect(call).toThrow(expect.objectContaining(invalid))
    }
  })
})

describe('the responses follow from the guards', () => {
  const { responsesOf } = describeApi()
  const descriptions = (...guards: readonly object[]): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(responsesOf(...guards)).map(([status, { description }]) => [status, description]))

  test('403 appears only where a guard refuses valid tokens', () => {
    expect(Object.keys(descriptions())).toEqual(['401', '503'])
    expect(Object.keys(descriptions(audience('urn:x')))).toEqual(['401', '503'])
    for (const guard of [
      scopes('a'),
      claims(() => true, 'x'),
      defineGuard({ check: () => 'pass' }),
      anyOf(audience('x'), scopes('a')),
    ]) {
      expect(Object.keys(descriptions(guard))).toEqual(['401', '403', '503'])
    }
  })

  test('they name the scopes and the step-up', () => {
    expect(descriptions(anyOf(scopes('a', 'b'), scopes('c')))['403']).toContain('`a` and `b`, or `c`')
    expect(descriptions(stepUp({ acr: ['gold', 'silver'], maxAge: '5m' }))['401']).toMatch(/`gold` or `silver`.*300/)
  })
})

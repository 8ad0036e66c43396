/** The dialects of issuers: the same tokens as JWTs and in introspection responses. */
import { type Dialect, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience } from '../harness/reference.ts'
import { openScriptedApi, type ScriptedApi } from '../harness/scripted-api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'

const { jwk, privateKey } = keyPair('P-256')

type Claims = Readonly<Record<string, unknown>>

interface DialectApi extends ScriptedApi {
  /** The result of a JWT and that of an opaque token with these claims. */
  readonly presentBoth: (claims: Claims, header?: Claims) => Promise<readonly [jwt: string, opaque: string]>
}

/** An API without guards, whose issuer has these options. */
async function openDialect(adapter: Adapter, options: TrustedIssuerOptions): Promise<DialectApi> {
  const api = await openScriptedApi(adapter, {
    keys: [{ ...jwk, kid: 'k' }],
    introspection: {},
    issuer: options,
    guards: [],
  })
  let count = 0
  const presentJwt = (claims: Claims, header: Claims): Promise<string> =>
    api.present(
      jws({ alg: 'ES256', kid: 'k', typ: 'JWT', ...header }, claimsOf(api.issuer.url, claims), privateKey, 'ES256'),
    )
  return {
    ...api,
    presentBoth: async (claims, header = {}) => {
      count += 1
      const changes = { token_type: undefined, ...claims }
      api.issuer.introspect = () => api.issuer.active(changes)
      return [await presentJwt(claims, header), await api.present(`opaque-${count}`)]
    },
  }
}

verifies('DIALECT-AUD', 'another claim can say for whom a token is', async (adapter) => {
  for (const [path, name] of [
    ['client_id', 'client_id'],
    ['azp', 'azp'],
    ['https://as.example/for', 'https://as.example/for'],
  ] as const) {
    const api = await openDialect(adapter, { dialect: { audience: path } })
    expect(await api.presentBoth({ aud: undefined, [name]: audience }), path).toEqual(['OK', 'OK'])
    expect(api.seen()?.audience).toEqual([audience])
    // `aud` does not count any more, whatever it names.
    expect(await api.presentBoth({ [name]: 'other' })).toEqual(['E-TOK', 'E-TOK'])
    expect(await api.presentBoth({ [name]: '' })).toEqual(['E-TOK', 'E-TOK'])
    expect(await api.presentBoth({ [name]: undefined })).toEqual(['E-TOK', 'E-TOK'])
  }
  const nested = await openDialect(adapter, { dialect: { audience: 'ext.aud' } })
  expect(await nested.presentBoth({ ext: { aud: ['x', audience] } })).toEqual(['OK', 'OK'])
  for (const ext of [undefined, null, audience, [audience], { aud: 7 }, { aud: [audience, 7] }, { aud: {} }, {}]) {
    expect(await nested.presentBoth({ ext }), JSON.stringify(ext)).toEqual(['E-TOK', 'E-TOK'])
  }
})

verifies('DIALECT-AUD', 'an audience that is absent, null or empty is refused or trusted alike', async (adapter) => {
  const trusting = await openDialect(adapter, { missingAudience: 'trust' })
  const refusing = await openDialect(adapter, { missingAudience: 'refuse' })
  for (const aud of [undefined, null, '', [], ['']]) {
    expect(await trusting.presentBoth({ aud }), JSON.stringify(aud)).toEqual(['OK', 'OK'])
    expect(trusting.seen()?.audience).toEqual([])
    expect(await refusing.presentBoth({ aud }), JSON.stringify(aud)).toEqual(['E-TOK', 'E-TOK'])
  }
  for (const aud of ['other', ['other'], ['other', '']]) {
    expect(await trusting.presentBoth({ aud }), JSON.stringify(aud)).toEqual(['E-TOK', 'E-TOK'])
  }
  const [jwt] = await trusting.presentBoth({ aud: [7] })
  expect(jwt).toBe('E-TOK')
})

verifies(
  'DIALECT-AUD',
  'a token that names another API in `aud` is not trusted for want of another claim',
  async (adapter) => {
    const api = await openDialect(adapter, { missingAudience: 'trust', dialect: { audience: 'azp' } })
    expect(await api.presentBoth({ azp: audience, aud: 'https://other.example' })).toEqual(['OK', 'OK'])
    expect(await api.presentBoth({ aud: undefined })).toEqual(['OK', 'OK'])
    expect(await api.presentBoth({ aud: audience })).toEqual(['OK', 'OK'])
    expect(await api.presentBoth({ aud: 'https://other.example' })).toEqual(['E-TOK', 'E-TOK'])
    const misspelt = await openDialect(adapter, { missingAudience: 'trust', dialect: { audience: 'Aud' } })
    expect(await misspelt.presentBoth({ aud: 'https://other.example' })).toEqual(['E-TOK', 'E-TOK'])
  },
)

verifies('DIALECT-AUD', 'the introspection responses alone can be trusted', async (adapter) => {
  const api = await openScriptedApi(adapter, {
    keys: [{ ...jwk, kid: 'k' }],
    introspection: { missingAudience: 'trust' },
  })
  api.issuer.introspect = () => api.issuer.active({ aud: undefined })
  expect(await api.present('opaque')).toBe('OK')
  const claims = claimsOf(api.issuer.url, { aud: undefined })
  expect(await api.present(jws({ alg: 'ES256', kid: 'k' }, claims, privateKey, 'ES256'))).toBe('E-TOK')
})

verifies('DIALECT-CLIENT', 'the client id is the first of the claims that has one', async (adapter) => {
  const api = await openDialect(adapter, { dialect: { clientId: ['cid', ['ext', 'client.id'], 'azp'] } })
  for (const [claims, clientId] of [
    [{ cid: 'a', azp: 'b' }, 'a'],
    [{ cid: '', ext: { 'client.id': 'c' }, azp: 'b' }, 'c'],
    [{ cid: null, azp: 'b' }, 'b'],
    [{ cid: 7, ext: 'x', azp: ['b'] }, undefined],
    [{}, undefined],
  ] as const) {
    expect(await api.presentBoth(claims), JSON.stringify(claims)).toEqual(['OK', 'OK'])
    expect(api.seen()?.clientId).toBe(clientId)
  }
})

verifies(
  'DIALECT-CLIENT',
  'the subject type is what the dialect says, and unknown when nothing says it',
  async (adapter) => {
    const byDefault = await openDialect(adapter, {})
    for (const [claims, subjectType] of [
      [{}, 'resource-owner'],
      [{ sub: 'app' }, 'client'],
      [{ sub: undefined }, 'unknown'],
      [{ sub: undefined, username: 'bob' }, 'unknown'],
      [{ client_id: undefined }, 'unknown'],
    ] as const) {
      expect(await byDefault.presentBoth(claims), JSON.stringify(claims)).toEqual(['OK', 'OK'])
      expect(byDefault.seen()?.subjectType, JSON.stringify(claims)).toBe(subjectType)
    }
    const dialect: Dialect = { isClient: ({ idtyp }) => (idtyp === undefined ? undefined : idtyp === 'app') }
    for (const [isClient, subjectType] of [
      [true, 'client'],
      [false, 'resource-owner'],
      ['unknown', 'unknown'],
    ] as const) {
      const fixed = await openDialect(adapter, { dialect: { isClient } })
      expect(await fixed.presentBoth({ sub: 'app' })).toEqual(['OK', 'OK'])
      expect(fixed.seen()?.subjectType).toBe(subjectType)
    }
    const marked = await openDialect(adapter, { dialect })
    for (const [claims, subjectType] of [
      [{ idtyp: 'app' }, 'client'],
      [{ idtyp: 'user', sub: 'app' }, 'resource-owner'],
      [{ sub: 'app' }, 'unknown'],
    ] as const) {
      expect(await marked.presentBoth(claims), JSON.stringify(claims)).toEqual(['OK', 'OK'])
      expect(marked.seen()?.subjectType, JSON.stringify(claims)).toBe(subjectType)
    }
  },
)

verifies('DIALECT-KIND', 'a claim with its value is a positive mark, and decides alone', async (adapter) => {
  const api = await openDialect(adapter, { dialect: { isAccessToken: { typ: ['Bearer', 'DPoP'], 'ext.kind': 1 } } })
  for (const [result, claims] of [
    ['OK', { typ: 'Bearer', ext: { kind: 1 } }],
    ['OK', { typ: 'DPoP', ext: { kind: 1 }, nonce: 'n', at_hash: 'h' }],
    ['E-TOK', { typ: 'Bearer', ext: { kind: '1' } }],
    ['E-TOK', { typ: 'Bearer' }],
    ['E-TOK', { typ: 'bearer', ext: { kind: 1 } }],
    ['E-TOK', { typ: ['Bearer'], ext: { kind: 1 } }],
    ['E-TOK', { ext: { kind: 1 } }],
    ['E-TOK', {}],
  ] as const) {
    expect(await api.presentBoth(claims), JSON.stringify(claims)).toEqual([result, result])
  }
})

verifies('DIALECT-KIND', 'a value can be a regular expression, which matches texts only', async (adapter) => {
  const api = await openDialect(adapter, { dialect: { isAccessToken: { sid: [/^session_/, 'old'] } } })
  for (const [result, sid] of [
    ['OK', 'session_1'],
    ['OK', 'old'],
    ['E-TOK', 'agent_session_1'],
    ['E-TOK', ['session_1']],
    ['E-TOK', null],
    ['E-TOK', undefined],
  ] as const) {
    expect(await api.presentBoth({ sid }), JSON.stringify(sid)).toEqual([result, result])
  }
})

verifies('DIALECT-KIND', 'functions of the dialect do not get tokens that are refused anyway', async (adapter) => {
  const failing = (): never => {
    throw new Error('the function was called')
  }
  const api = await openDialect(adapter, { dialect: { scopes: failing, isClient: failing } })
  for (const claims of [{ nonce: 'n' }, { aud: 'other' }, { exp: 1 }, { nbf: 4e9 }]) {
    expect(await api.presentBoth(claims), JSON.stringify(claims)).toEqual(['E-TOK', 'E-TOK'])
  }
})

verifies('DIALECT-KIND', 'a function of claims and header is a positive mark, and decides alone', async (adapter) => {
  const api = await openDialect(adapter, {
    dialect: { isAccessToken: (claims, header) => header['cat'] === 'access' || claims['kind'] === 'access' },
  })
  expect(await api.presentBoth({ nonce: 'n' }, { cat: 'access' })).toEqual(['OK', 'E-TOK'])
  expect(await api.presentBoth({ kind: 'access', nonce: 'n', token_use: 'id' })).toEqual(['OK', 'OK'])
  expect(await api.presentBoth({}, { typ: 'at+jwt' })).toEqual(['E-TOK', 'E-TOK'])
})

verifies(['DIALECT-KIND', 'AT-01'], 'the profile demands at+jwt beside a positive mark', async (adapter) => {
  const api = await openDialect(adapter, { profile: 'rfc9068', dialect: { isAccessToken: { ver: 1 } } })
  expect(await api.presentBoth({ ver: 1 }, { typ: 'at+jwt' })).toEqual(['OK', 'OK'])
  expect(await api.presentBoth({ ver: 1 }, { typ: 'JWT' })).toEqual(['E-TOK', 'OK'])
  expect(await api.presentBoth({ ver: 2 }, { typ: 'at+jwt' })).toEqual(['E-TOK', 'E-TOK'])
})

verifies(
  ['DIALECT-KIND', 'DIALECT-CLIENT', 'DIALECT-SCOPES'],
  'a function of the dialect that fails or returns something else accepts nothing',
  async (adapter) => {
    const throwing = (): never => {
      throw new Error('a mistake')
    }
    const wrong = [() => 'true', () => 1, async () => true, () => ({}), throwing] as const
    for (const isAccessToken of [...wrong, () => undefined]) {
      const api = await openDialect(adapter, { dialect: { isAccessToken: isAccessToken as () => boolean } })
      expect(await api.presentBoth({})).toEqual(['500', '500'])
    }
    for (const isClient of [...wrong, () => null]) {
      const api = await openDialect(adapter, { dialect: { isClient: isClient as () => boolean } })
      expect(await api.presentBoth({})).toEqual(['500', '500'])
    }
    const many = Array.from({ length: 1001 }, (_value, index) => `s${index}`)
    for (const scopes of [...wrong, () => undefined, () => ['a', 7], () => [''], () => many]) {
      const api = await openDialect(adapter, { dialect: { scopes: scopes as () => string[] } })
      expect(await api.presentBoth({})).toEqual(['500', '500'])
    }
  },
)

verifies('DIALECT-KIND', 'a function of the dialect cannot change the claims', async (adapter) => {
  const change = (claims: object): boolean => Reflect.set(claims, 'sub', 'root') || Object.isFrozen(claims)
  const api = await openDialect(adapter, { dialect: { isAccessToken: change } })
  expect(await api.presentBoth({})).toEqual(['OK', 'OK'])
  expect(api.seen()?.subject).toBe('alice')
})

verifies(
  ['DIALECT-AUD', 'DIALECT-CLIENT', 'DIALECT-KIND'],
  'an invalid, misspelt or inherited member of a dialect is a TypeError at start-up, or counts as absent',
  async (adapter) => {
    const invalid: readonly unknown[] = [
      null,
      [],
      'aud',
      7,
      { audiences: 'aud' },
      { Audience: 'aud' },
      { audience: '' },
      { audience: [] },
      { audience: null },
      { audience: 7 },
      { clientId: '' },
      { clientId: [] },
      { clientId: [7] },
      { isClient: 'azp' },
      { isClient: 'Unknown' },
      { audience: ['azp', 'aud'] },
      { isAccessToken: { typ: /x/g } },
      { isAccessToken: { typ: /x/y } },
      { isClient: null },
      { isAccessToken: {} },
      { isAccessToken: null },
      { isAccessToken: true },
      { isAccessToken: [] },
      { isAccessToken: 'token_use' },
      { isAccessToken: { typ: undefined } },
      { isAccessToken: { typ: [] } },
      { isAccessToken: { typ: {} } },
      { isAccessToken: { '': 'x' } },
      { isAccessToken: new Map([['typ', 'Bearer']]) },
    ]
    const wrong = expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' })
    for (const dialect of invalid) {
      const options = { dialect: dialect as Dialect }
      expect(() => trustedIssuer('https://as.example', options), JSON.stringify(dialect)).toThrow(wrong)
    }
    for (const missingAudience of ['accept', 'Trust', true, null, '']) {
      const options = { missingAudience: missingAudience as 'trust' }
      expect(() => trustedIssuer('https://as.example', options), String(missingAudience)).toThrow(wrong)
    }
    const inherited = Object.create({ isAccessToken: () => true, audience: 'client_id' }) as Dialect
    expect(() => trustedIssuer('https://as.example', { dialect: inherited })).toThrow(wrong)
    for (const dialect of [null, true, () => ({}), []]) {
      const options = { scopesFrom: 'scp', dialect: dialect as Dialect }
      expect(() => trustedIssuer('https://as.example', options), 'beside scopesFrom').toThrow(wrong)
    }
    const polluted = Object.prototype as { missingAudience?: string; isAccessToken?: () => boolean }
    try {
      polluted.missingAudience = 'trust'
      polluted.isAccessToken = () => true
      const api = await openDialect(adapter, { dialect: {} })
      expect(await api.presentBoth({ aud: undefined })).toEqual(['E-TOK', 'E-TOK'])
      expect(await api.presentBoth({ nonce: 'n' })).toEqual(['E-TOK', 'E-TOK'])
    } finally {
      delete polluted.missingAudience
      delete polluted.isAccessToken
    }
  },
)

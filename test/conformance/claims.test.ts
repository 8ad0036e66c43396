import { createProtect, type Duration, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/express'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { audience, openReference, type Reference, T0 } from '../harness/reference.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'

const wrongOption = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })

/** The reference API with options of its issuer. */
async function openWithIssuer(adapter: Adapter, options: TrustedIssuerOptions): Promise<Reference> {
  const key = await openReference(adapter)
  const issuer = trustedIssuer(key.issuer.url, options)
  const api = await openReference(adapter, { protect: { ...key.issuer.validatorOptions, issuer } })
  return { ...api, issuer: key.issuer, token: key.token }
}

verifies('CLM-01', 'a token is refused from exp plus the tolerance on', async (adapter) => {
  const at = async (clockTolerance: Duration, secondsFromExp: number) => {
    const api = await openReference(adapter, { protect: { clockTolerance } })
    const token = await api.token({ exp: T0 })
    api.issuer.clock.freeze((T0 + secondsFromExp) * 1000)
    return api.present(token)
  }
  expect(await at('5s', 4)).toBe('OK')
  expect(await at('5s', 5)).toBe('E-TOK')
  expect(await at('0s', -1)).toBe('OK')
  expect(await at('0s', 0)).toBe('E-TOK')
  expect(await at('60s', 59)).toBe('OK')
  expect(await at('60s', 60)).toBe('E-TOK')
})

verifies('CLM-02', 'a token is refused before nbf minus the tolerance', async (adapter) => {
  const api = await openReference(adapter)
  for (const [nbf, outcome] of [
    [T0 - 1, 'OK'],
    [T0, 'OK'],
    [T0 + 5, 'OK'],
    [T0 + 6, 'E-TOK'],
    [T0 + 3600, 'E-TOK'],
  ] as const) {
    expect(await api.present(await api.token({ nbf })), `${nbf - T0}`).toBe(outcome)
  }
})

verifies('CLM-03', 'a time that is not a finite number is refused', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.present(await api.token({ exp: T0 + 300.5 }))).toBe('OK')
  expect(api.seen()?.expiresAt).toEqual(new Date((T0 + 300.5) * 1000))
  for (const name of ['exp', 'nbf', 'iat']) {
    for (const value of [String(T0 + 300), true, null, [T0 + 300], {}, '', 'now']) {
      expect(await api.present(await api.token({ [name]: value })), `${name} ${JSON.stringify(value)}`).toBe('E-TOK')
    }
  }
  for (const exp of [1e18, 1e308]) {
    expect(await api.present(await api.token({ exp }))).toBe('OK')
    expect(api.seen()?.expiresAt?.getTime()).toBe(8.64e15)
  }
  for (const exp of [0, -1, -1e308]) {
    expect(await api.present(await api.token({ exp }))).toBe('E-TOK')
  }
  expect(await api.present(await api.issuer.wrongToken('withoutExpiry', { scope: 'read' }))).toBe('E-TOK')
})

verifies('CLM-03', 'a time that overflows a double is refused', async (adapter) => {
  const { jwk, privateKey } = keyPair('P-256')
  const api = await openScriptedApi(adapter, { keys: [{ ...jwk, kid: 'k' }] })
  for (const name of ['exp', 'nbf', 'iat']) {
    const claims = JSON.stringify(claimsOf(api.issuer.url, { [name]: 'X' })).replace('"X"', '1e400')
    expect(await api.present(jws({ alg: 'ES256', kid: 'k' }, claims, privateKey, 'ES256')), name).toBe('E-TOK')
  }
})

verifies(
  ['CLM-04', 'AT-03', 'AUD-02'],
  'the audience of the API must be among the audiences of the token, character by character',
  async (adapter) => {
    const api = await openReference(adapter)
    for (const aud of [audience, ['x', audience], [audience]]) {
      expect(await api.present(await api.token({ aud }))).toBe('OK')
    }
    const others = [
      'https://API.example',
      `${audience}/`,
      `${audience}.evil`,
      audience.slice(0, -1),
      `x ${audience}`,
      '',
      [],
      {},
      [null],
      [[audience]],
      { 0: audience },
      null,
      7,
      true,
      [audience, 7],
      undefined,
    ]
    for (const aud of others) {
      expect(await api.present(await api.token({ aud })), JSON.stringify(aud)).toBe('E-TOK')
    }
    for (const configured of [undefined, '', [], [''], 7, null]) {
      await expect(adapter.create({ issuer: 'https://as.example', audience: configured as string })).rejects.toThrow(
        wrongOption,
      )
    }
  },
)

verifies('CLM-05', 'iss must equal the configured issuer, character by character', async (adapter) => {
  const api = await openReference(adapter)
  const { url } = api.issuer
  const untrusted = [
    `${url}/`,
    url.toUpperCase(),
    url.replace('issuer', 'Issuer'),
    `${url}:443`,
    ` ${url}`,
    `${url}.evil`,
    url.slice(0, -1),
    [url],
    { url },
    '',
    null,
    7,
    undefined,
    '__proto__',
    'constructor',
  ]
  for (const iss of untrusted) {
    expect(await api.present(await api.token({ iss })), JSON.stringify(iss)).toBe('E-TOK')
  }
  expect(api.issuer.requests).toEqual([])
})

verifies('CLM-07', 'the claims must be a JSON object, and names such as __proto__ have no effect', async (adapter) => {
  const { jwk, privateKey } = keyPair('P-256')
  const api = await openScriptedApi(adapter, { keys: [{ ...jwk, kid: 'k' }] })
  const present = (payload: string | Uint8Array) =>
    api.present(jws({ alg: 'ES256', kid: 'k' }, payload, privateKey, 'ES256'))
  const good = JSON.stringify(claimsOf(api.issuer.url))
  for (const payload of [
    '"x"',
    '[]',
    '123',
    'null',
    'true',
    '',
    '{',
    `\u{FEFF}${good}`,
    `[${good}]`,
    Buffer.from(`${good.slice(0, -1)},"n":"\u00ff"}`, 'latin1'),
  ]) {
    expect(await present(payload), String(payload)).not.toBe('OK')
  }
  const odd = `{"__proto__":{"scope":"admin","polluted":true},"constructor":"x","toString":7,"hasOwnProperty":1,${good.slice(1)}`
  expect(await present(odd)).toBe('OK')
  expect(Object.prototype).not.toHaveProperty('polluted')
  expect([...(api.seen()?.scopes ?? [])]).toEqual(['read'])
  expect(await present(`{"__proto__":${good}}`)).toBe('E-TOK')
})

verifies('CLM-08', 'a JWT of another kind from the same issuer is refused', async (adapter) => {
  const api = await openReference(adapter)
  const types = [
    'logout+jwt',
    'token-introspection+jwt',
    'secevent+jwt',
    'statuslist+jwt',
    'dpop+jwt',
    'client-authentication+jwt',
    'oauth-authz-req+jwt',
    'entity-statement+jwt',
    'id+jwt',
    'kb+jwt',
  ]
  for (const typ of types) {
    expect(await api.present(await api.token({}, { typ })), typ).toBe('E-TOK')
    expect(await api.present(await api.token({}, { typ: `application/${typ}` })), typ).toBe('E-TOK')
  }
  const claimsOfOtherKinds = {
    nonce: 'n',
    at_hash: 'h',
    c_hash: 'h',
    s_hash: 'h',
    events: {},
    token_introspection: { active: true },
  }
  for (const [name, value] of Object.entries(claimsOfOtherKinds)) {
    for (const typ of ['JWT', undefined]) {
      expect(await api.present(await api.token({ [name]: value }, { typ })), name).toBe('E-TOK')
    }
  }
})

verifies('CLM-09', 'maxLifetime bounds exp, and refuses an iat in the future', async (adapter) => {
  const api = await openWithIssuer(adapter, { maxLifetime: '24h' })
  expect(await api.present(await api.token({ exp: T0 + 86_400 }))).toBe('OK')
  expect(await api.present(await api.token({ exp: T0 + 86_401 }))).toBe('E-TOK')
  expect(await api.present(await api.token({ exp: 1e308 }))).toBe('E-TOK')
  expect(await api.present(await api.token({ iat: T0 + 5 }))).toBe('OK')
  expect(await api.present(await api.token({ iat: T0 + 61 }))).toBe('E-TOK')
  const lenient = await openReference(adapter)
  expect(await lenient.present(await lenient.token({ iat: T0 + 61 }))).toBe('OK')
  for (const maxLifetime of [7, '', '1 day', 'P1D', null]) {
    expect(() => trustedIssuer('https://as.example', { maxLifetime: maxLifetime as Duration })).toThrow(wrongOption)
  }
})

verifies('AT-01', 'typ must be at+jwt in any case, JWT, or absent', async (adapter) => {
  const api = await openReference(adapter)
  for (const typ of [
    'at+jwt',
    'AT+JWT',
    'application/at+jwt',
    'Application/AT+jwt',
    'JWT',
    'jwt',
    'application/jwt',
    undefined,
  ]) {
    expect(await api.present(await api.token({}, { typ })), typ).toBe('OK')
  }
  for (const typ of [
    'at+jwt; x=1',
    'jwt+at',
    'at+jwtx',
    ' at+jwt',
    'at',
    'application/',
    'text/at+jwt',
    7,
    ['at+jwt'],
    {},
  ]) {
    expect(await api.present(await api.token({}, { typ })), JSON.stringify(typ)).toBe('E-TOK')
  }
  for (const typ of [null, '']) {
    expect(await api.present(await api.token({}, { typ })), 'an empty type is absent').toBe('OK')
  }
  // With `at+jwt` a nonce does not make it an ID token.
  expect(await api.present(await api.token({ nonce: 'n' }))).toBe('OK')
})

verifies(['AT-01', 'AT-02'], 'the profile rfc9068 demands at+jwt and all seven claims', async (adapter) => {
  const api = await openWithIssuer(adapter, { profile: 'rfc9068' })
  expect(await api.present(await api.token())).toBe('OK')
  for (const typ of ['JWT', undefined]) {
    expect(await api.present(await api.token({}, { typ }))).toBe('E-TOK')
  }
  for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']) {
    for (const value of [undefined, null, {}, true]) {
      expect(await api.present(await api.token({ [name]: value })), name).toBe('E-TOK')
    }
  }
  expect(() => trustedIssuer('https://as.example', { profile: 'rfc9069' as 'rfc9068' })).toThrow(wrongOption)
})

verifies('AT-04', 'a foreign key verifies no token, and the tolerance is at most a minute', async (adapter) => {
  const api = await openReference(adapter)
  for (const name of ['foreignKey', 'unknownKey', 'embeddedKey'] as const) {
    expect(await api.present(await api.issuer.wrongToken(name, { scope: 'read' })), name).toBe('E-TOK')
  }
  for (const clockTolerance of ['61s', '5m', '-1s', 5, '5', '5 s']) {
    const options = { issuer: 'https://as.example', audience, clockTolerance: clockTolerance as Duration }
    expect(() => createProtect(options), String(clockTolerance)).toThrow(wrongOption)
  }
})

verifies('AT-05', 'a token that is signed with RS256 is accepted', async (adapter) => {
  const { jwk, privateKey } = keyPair('RSA')
  const api = await openScriptedApi(adapter, { keys: [{ ...jwk, kid: 'k' }] })
  const header = { alg: 'RS256', kid: 'k', typ: 'at+jwt' }
  expect(await api.present(jws(header, claimsOf(api.issuer.url), privateKey, 'RS256'))).toBe('OK')
})

verifies(
  'AT-08',
  'scopes come from a string, and a token for a client itself has the subject type client',
  async (adapter) => {
    const api = await openReference(adapter)
    for (const scope of [['read'], undefined, { 0: 'read' }]) {
      expect(await api.present(await api.token({ scope }))).toBe('E-SCOPE')
    }
    expect(await api.present(await api.token({ sub: 'alice', client_id: 'app' }))).toBe('OK')
    expect(api.seen()?.subjectType).toBe('resource-owner')
    for (const [claims, subjectType] of [
      [{ sub: 'app', client_id: 'app' }, 'client'],
      [{ sub: 'app', client_id: undefined, azp: 'app' }, 'client'],
      [{ sub: undefined }, 'unknown'],
      [{ sub: null }, 'unknown'],
      [{ sub: '' }, 'unknown'],
      [{ client_id: undefined }, 'unknown'],
      [{ client_id: '', azp: null }, 'unknown'],
    ] as const) {
      expect(await api.present(await api.token(claims))).toBe('OK')
      expect(api.seen()?.subjectType, JSON.stringify(claims)).toBe(subjectType)
    }
  },
)

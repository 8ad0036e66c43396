/** One list says what kind of token the claims are about, in JWTs and in introspection responses. */
import { expect } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import type { ResultCode } from '../harness/result-code.ts'
import { openScriptedApi } from '../harness/scripted-api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { verifies } from '../harness/verifies.ts'

const { jwk, privateKey } = keyPair('P-256')

const rows: readonly (readonly [result: ResultCode, claims: Readonly<Record<string, unknown>>])[] = [
  ['OK', {}],
  ['OK', { typ: 'Bearer' }],
  ['OK', { typ: 'DPoP-like words of other vendors' }],
  ['OK', { token_use: 'access' }],
  ['OK', { token_use: 'access_token' }],
  ['OK', { typ: 7, token_use: null }],
  // Keycloak before 25.
  ['OK', { typ: 'Bearer', nonce: 'n' }],
  ['E-TOK', { nonce: 'n' }],
  ['E-TOK', { at_hash: 'h' }],
  ['E-TOK', { typ: 'Bearer', at_hash: 'h' }],
  ['E-TOK', { typ: 'ID' }],
  ['E-TOK', { typ: 'Refresh' }],
  ['E-TOK', { typ: 'Offline' }],
  ['E-TOK', { typ: 'Logout' }],
  ['E-TOK', { token_use: 'id' }],
  ['E-TOK', { token_use: 'refresh' }],
  ['E-TOK', { token_use: 'refresh_token' }],
  ['E-TOK', { typ: 'Bearer', token_use: 'id' }],
  ['OK', { token_type: 'access', nonce: null, at_hash: null }],
  ['E-TOK', { token_type: 'refresh' }],
]

verifies(['CLM-08', 'AT-01', 'INT-10'], 'the claims of a token say its kind, in both formats', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [{ ...jwk, kid: 'k' }], introspection: {} })
  for (const [index, [result, claims]] of rows.entries()) {
    const jwt = jws({ alg: 'ES256', kid: 'k', typ: 'JWT' }, claimsOf(api.issuer.url, claims), privateKey, 'ES256')
    expect(await api.present(jwt), `a JWT with ${JSON.stringify(claims)}`).toBe(result)
    api.issuer.introspect = () => api.issuer.active({ token_type: undefined, ...claims })
    expect(await api.present(`opaque-${index}`), `a response with ${JSON.stringify(claims)}`).toBe(result)
  }
})

verifies('CLM-08', '`at+jwt` in the header does not outweigh a claim that says another kind', async (adapter) => {
  const api = await openScriptedApi(adapter, { keys: [{ ...jwk, kid: 'k' }] })
  const token = (claims: Readonly<Record<string, unknown>>): string =>
    jws({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, claimsOf(api.issuer.url, claims), privateKey, 'ES256')
  expect(await api.present(token({ nonce: 'n' }))).toBe('OK')
  expect(await api.present(token({ typ: 'Refresh' }))).toBe('E-TOK')
})

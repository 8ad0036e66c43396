import { trustedIssuer } from '@tollgate/core'
import { expect } from 'vitest'
import { openApi } from '../harness/api.ts'
import { client, openScriptedApi } from '../harness/scripted-api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, openReference, T0 } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

verifies(
  'OFF-DPOP',
  'a token with cnf is refused under Bearer, and the scheme DPoP counts as no credentials',
  async (adapter) => {
    const api = await openReference(adapter)
    for (const cnf of [
      { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
      {},
      null,
      '',
      'x',
      7,
      [],
      { kid: 'x' },
      false,
    ]) {
      expect(await api.present(await api.token({ cnf })), JSON.stringify(cnf)).toBe('E-TOK')
    }
    expect(
      await api.outcome({
        headers: [
          ['Authorization', `DPoP ${await api.token()}`],
          ['DPoP', 'a.b.c'],
        ],
      }),
    ).toBe('C0')
  },
)

verifies('OFF-MTLS', 'a token bound to a certificate is refused', async (adapter) => {
  const api = await openReference(adapter)
  const cnf = { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' }
  expect(await api.present(await api.token({ cnf }))).toBe('E-TOK')
})

verifies('OFF-STATUS', 'a token with a status passes', async (adapter) => {
  const api = await openReference(adapter)
  const status = { status_list: { idx: 0, uri: 'https://status.example/1' } }
  expect(await api.present(await api.token({ status }))).toBe('OK')
})

verifies('OFF-STEP-UP', 'the handler sees acr and auth_time, and they are not checked', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.present(await api.token({ acr: 'gold', auth_time: 1 }))).toBe('OK')
  expect(api.seen()?.claims).toMatchObject({ acr: 'gold', auth_time: 1 })
})

verifies('OFF-INTROSPECTION', 'without introspection an opaque token is refused', async (adapter) => {
  const api = await openReference(adapter)
  for (const token of ['2YotnFZFEjr1zCsicMWpAA', 'opaque-token', 'a'.repeat(1000), 'mF_9.B5f-4.1JqM']) {
    expect(await api.present(token)).toBe('E-TOK')
  }
  expect(api.issuer.requests).toEqual([])
})

verifies('OFF-JWT', "with formats: 'opaque' a JWT is introspected at the issuer that it names", async (adapter) => {
  const { privateKey } = keyPair('P-256')
  const jwt = (iss: string): string =>
    jws({ alg: 'ES256' }, { ...claimsOf(iss), exp: 0, scope: '' }, privateKey, 'ES256')
  const api = await openScriptedApi(adapter, { introspection: {}, issuer: { formats: 'opaque' } })
  for (const token of [jwt(api.issuer.url), jwt('https://untrusted.example'), 'a.b.c', 'opaque']) {
    expect(await api.present(token)).toBe('OK')
    expect(api.issuer.requests.at(-1)?.form.get('token')).toBe(token)
  }
  expect(api.issuer.count('/jwks')).toBe(0)

  const other = await openScriptedApi(adapter, { introspection: {}, issuer: { formats: 'opaque' } })
  const opaqueIssuer = (url: string, prefix: string) =>
    trustedIssuer(url, { introspection: { client, prefix }, formats: 'opaque' })
  const both = await openApi(adapter, {
    protection: {
      issuer: [opaqueIssuer(api.issuer.url, 'a'), opaqueIssuer(other.issuer.url, 'b')],
      audience,
      clock: () => T0 * 1000,
    },
  })
  expect(await both.present(jwt(other.issuer.url))).toBe('OK')
  expect(other.issuer.count('/introspect')).toBe(1)
  expect(await both.present(jwt('https://untrusted.example')), 'neither iss nor prefix match').toBe('E-TOK')
})

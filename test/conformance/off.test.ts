import { expect } from 'vitest'
import { openReference } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

verifies(
  'OFF-DPOP',
  'a token bound to a key is no bearer token, whatever its cnf says; the scheme DPoP is no credentials',
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

verifies('OFF-STEP-UP', 'acr and auth_time are there for the handler to see', async (adapter) => {
  const api = await openReference(adapter)
  expect(await api.present(await api.token({ acr: 'gold', auth_time: 1 }))).toBe('OK')
  expect(api.seen()?.claims).toMatchObject({ acr: 'gold', auth_time: 1 })
})

verifies('OFF-INTROSPECTION', 'what is no JWT is no token', async (adapter) => {
  const api = await openReference(adapter)
  for (const token of ['2YotnFZFEjr1zCsicMWpAA', 'opaque-token', 'a'.repeat(1000), 'mF_9.B5f-4.1JqM']) {
    expect(await api.present(token)).toBe('E-TOK')
  }
  expect(api.issuer.requests).toEqual([])
})

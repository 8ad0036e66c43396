import { inspect } from 'node:util'
import { audience as audienceGuard, trustedIssuer } from '@tollgate/express'
import { expect } from 'vitest'
import { openApi } from '../harness/api.ts'
import { audience, openIssuer, openReference } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

verifies('AUD-01', 'an audience may be any string', async (adapter) => {
  for (const name of ['api', 'urn:api', 'https://api.example/x?y#z', 'Ä']) {
    const api = await openReference(adapter, { protect: { audience: name } })
    expect(await api.present(await api.token({ aud: name })), name).toBe('OK')
  }
})

verifies('AUD-01', 'a resource is an absolute URL without a fragment', async (adapter) => {
  for (const resource of ['api', '/x', 'https://a#b', '']) {
    const options = { issuer: 'https://as.example', audience, resource }
    await expect(adapter.create(options), resource).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
    )
  }
})

verifies('AUD-02', 'a token is accepted only by the API of its audience', async (adapter) => {
  const issuer = await openIssuer()
  const [one, other] = await Promise.all(
    ['https://one.example', 'https://other.example'].map((name) =>
      openApi(adapter, { protection: { ...issuer.validatorOptions, audience: name } }),
    ),
  )
  const token = await issuer.accessToken({ aud: 'https://one.example', scope: 'read' })
  for (let round = 0; round < 2; round += 1) {
    expect(await one?.present(token)).toBe('OK')
    expect(await other?.present(token)).toBe('E-TOK')
  }
})

verifies('AUD-02', 'an issuer can have its own audience, and a route can demand another one', async (adapter) => {
  const issuer = await openIssuer()
  const own = trustedIssuer(issuer.url, { audience: 'urn:partner' })
  const api = await openApi(adapter, { protection: { ...issuer.validatorOptions, issuer: own } })
  expect(await api.present(await issuer.accessToken({ aud: 'urn:partner', scope: 'read' }))).toBe('OK')
  expect(await api.present(await issuer.accessToken({ aud: audience, scope: 'read' }))).toBe('E-TOK')

  const route = await openReference(adapter, { guards: [audienceGuard('urn:reports')] })
  expect(await route.present(await route.token({ aud: [audience, 'urn:reports'] }))).toBe('OK')
  expect(await route.present(await route.token({ aud: audience }))).toBe('E-TOK')
  expect(await route.present(await route.token({ aud: 'urn:reports' }))).toBe('E-TOK')
})

verifies('AUD-03', 'a printed or serialized token object does not contain the token string', async (adapter) => {
  const api = await openReference(adapter)
  const token = await api.token()
  expect(await api.present(token)).toBe('OK')
  const seen = api.seen()
  const shown = [
    JSON.stringify(seen),
    inspect(seen, { depth: 9, showHidden: true, getters: true }),
    String(seen),
    JSON.stringify({ ...seen }),
  ]
  for (const segment of token.split('.')) {
    expect(shown.join('\n')).not.toContain(segment)
  }
  expect(Object.keys(seen ?? {})).not.toContain('raw')
  expect(seen?.raw()).toBe(token)
})

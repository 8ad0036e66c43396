/** The clauses of FAPI 2.0 for resource servers, which `profile: 'fapi2'` turns on. */
import { cookie, header, memoryRevocations, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import type { ProtectOptions } from '@tollgate/core/adapter'
import { createSenderClient } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { openIssuer } from '../harness/reference.ts'
import { client } from '../harness/scripted-api.ts'
import { verifies } from '../harness/verifies.ts'
import { catchWarnings } from '../harness/warnings.ts'

const url = 'https://api.example/items'

/** An API that trusts a mock issuer with the profile, and nothing else. */
async function openFapi(adapter: Adapter, options: Partial<ProtectOptions> = {}, issuer: TrustedIssuerOptions = {}) {
  const mock = await openIssuer(['ES256', 'RS256'])
  const { issuer: name, ...others } = mock.validatorOptions
  const trusted = trustedIssuer(name, { profile: 'fapi2', ...issuer })
  const api = await openApi(adapter, { protection: { ...others, issuer: trusted, ...options } })
  const sender = await createSenderClient({ clock: mock.clock })
  const present = async (token: string, by = sender) => {
    const { authorization, dpop } = await by.headers({ url, token })
    return api.outcome({
      headers: [
        ['Authorization', authorization],
        ['DPoP', dpop],
      ],
    })
  }
  const token = (claims: object = {}, algorithm = 'ES256') =>
    mock.accessToken({ scope: 'read', cnf: sender.cnf, ...claims }, { algorithm })
  return { ...api, mock, sender, presentBound: present, token }
}

const create = (adapter: Adapter, issuer: TrustedIssuerOptions, options: Partial<ProtectOptions> = {}) =>
  adapter.create({
    audience: 'https://api.example',
    issuer: trustedIssuer('https://as.example', { profile: 'fapi2', ...issuer }),
    ...options,
  })

verifies('FAPI-01', 'tokens come in the header only', async (adapter) => {
  for (const options of [
    { formBody: 'accepted' },
    { credentials: cookie('token') },
    { credentials: ['authorization', header('x-token')] },
  ] as const) {
    await expect(create(adapter, {}, options)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  }
  await create(adapter, {}, { credentials: 'authorization', formBody: 'ignored' })
  const api = await openFapi(adapter)
  expect(await api.outcome({ path: `/items?access_token=${await api.token()}` })).toBe('C0 Bearer DPoP')
})

verifies('FAPI-02', 'a warning says that tokens cannot be revoked', async (adapter) => {
  const warnings = catchWarnings()
  const countOf = async (issuer: TrustedIssuerOptions, options: Partial<ProtectOptions> = {}): Promise<number> => {
    const before = warnings.length
    await create(adapter, issuer, options)
    return warnings.slice(before).filter((warning) => warning.includes('cannot be revoked')).length
  }
  expect(await countOf({})).toBe(1)
  expect(await countOf({ introspection: { client } })).toBe(0)
  expect(await countOf({}, { revocations: memoryRevocations() })).toBe(0)
  const api = await openFapi(adapter)
  expect(await api.presentBound(await api.token({ scope: 'other' }))).toBe('E-SCOPE DPoP')
  expect(await api.presentBound(await api.token({ exp: 1 }))).toBe('E-TOK DPoP')
})

verifies('FAPI-03', 'a token that is not bound is refused, and DPoP is on', async (adapter) => {
  const api = await openFapi(adapter)
  expect(await api.presentBound(await api.token())).toBe('OK')
  const free = await api.token({ cnf: undefined })
  expect([await api.present(free), await api.present(free), await api.presentBound(free)]).toEqual([
    'E-TOK',
    'E-TOK',
    'E-TOK DPoP',
  ])
  const byCertificate = await openFapi(adapter, { mtls: { mode: 'accepted' } })
  expect(await byCertificate.present(await byCertificate.token({ cnf: undefined }))).toBe('E-TOK')
  await expect(create(adapter, {}, { dpop: { mode: 'off' } })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
})

verifies('FAPI-04', 'the algorithms of tokens and of proofs are those of the profile', async (adapter) => {
  for (const [issuer, options] of [
    [{ algorithms: ['RS256'] }, {}],
    [{ algorithms: ['ES256', 'ES384'] }, {}],
    [{ secret: 'a secret of the tests, which is long enough' }, {}],
    [{}, { dpop: { mode: 'accepted', algorithms: ['RS256'] } }],
    [{}, { dpop: { mode: 'required', algorithms: ['ES256', 'ES512'] } }],
  ] as const) {
    await expect((async () => create(adapter, issuer, options))()).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  }
  const api = await openFapi(adapter)
  const { challenges } = await api.send({})
  expect(challenges[1]).toContain('algs="ES256 PS256 EdDSA Ed25519"')
  expect(await api.presentBound(await api.token({}, 'RS256'))).toBe('E-TOK DPoP')
  for (const [algorithm, expected] of [
    ['PS256', 'OK'],
    ['EdDSA', 'OK'],
    ['RS256', 'E-PROOF'],
    ['ES384', 'E-PROOF'],
  ] as const) {
    const sender = await createSenderClient({ clock: api.mock.clock, algorithm })
    const token = await api.token({ cnf: sender.cnf })
    expect([algorithm, await api.presentBound(token, sender)]).toEqual([algorithm, expected])
  }
})

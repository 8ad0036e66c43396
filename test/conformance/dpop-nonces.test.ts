/** Nonces of the server (RFC 9449 §8, §9). */
import { createSenderClient } from '@tollgate/mock-issuer'
import { expect } from 'vitest'
import { apiOrigin, type DpopApi, openDpopApi } from '../harness/dpop.ts'
import { openApi } from '../harness/api.ts'
import { verifies } from '../harness/verifies.ts'

const url = `${apiOrigin}/items`
const secrets = ['a secret of all processes, which is long enough', 'an older secret of them, which is long enough']

/** The nonce that a request without one gets. */
async function newNonce(api: DpopApi): Promise<string> {
  const { headers } = await api.sendBound(await api.bound())
  return String(headers['dpop-nonce'])
}

verifies(['DPOP-19', 'HTTP-08'], 'a proof without a nonce gets one, and is accepted with it', async (adapter) => {
  const api = await openDpopApi(adapter, { nonces: 'required' })
  const token = await api.bound()
  const { status, headers, challenges } = await api.sendBound(token)
  expect(status).toBe(401)
  expect(challenges).toEqual([
    expect.stringMatching(/^DPoP realm="api", error="use_dpop_nonce", .*algs="ES256 PS256"$/),
  ])
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'dpop-nonce': expect.stringMatching(/^[\x21\x23-\x5B\x5D-\x7E]+$/),
  })
  expect(headers['access-control-expose-headers']).toMatch(/WWW-Authenticate, DPoP-Nonce/)
  const nonce = String(headers['dpop-nonce'])
  expect([await api.presentBound(token, { nonce }), await api.presentBound(token, { nonce })]).toEqual(['OK', 'OK'])
  expect(await api.present(await api.token())).toBe('OK')
})

verifies(['DPOP-20', 'DPOP-21'], 'a nonce that is absent, made up or changed gets a new one', async (adapter) => {
  const api = await openDpopApi(adapter, { nonces: 'required' })
  const token = await api.bound()
  const nonce = await newNonce(api)
  expect(await api.presentBound(token, { nonce })).toBe('OK')
  const other = await newNonce(await openDpopApi(adapter, { nonces: 'required', secrets }))
  for (const bad of [
    undefined,
    null,
    '',
    'x',
    7,
    [nonce],
    {},
    `${nonce}A`,
    nonce.slice(1),
    `${nonce.startsWith('A') ? 'B' : 'A'}${nonce.slice(1)}`,
    other,
  ]) {
    expect([bad, await api.presentBound(token, { claims: { nonce: bad } })]).toEqual([bad, 'E-NONCE'])
  }
  expect(await api.presentBound(token)).toBe('E-NONCE')
  expect(await api.presentBound(token, { nonce })).toBe('OK')
})

verifies('DPOP-20', 'a nonce lives for 60 s, and from 30 s on each response brings a new one', async (adapter) => {
  const api = await openDpopApi(adapter, { nonces: 'required' })
  const token = await api.bound()
  const nonce = await newNonce(api)
  const seen = async (): Promise<readonly unknown[]> => {
    const { status, headers } = await api.sendBound(token, { nonce })
    return [status, headers['dpop-nonce'] !== undefined, headers['cache-control']]
  }
  api.issuer.clock.advance('29s')
  expect(await seen()).toEqual([200, false, undefined])
  api.issuer.clock.advance('2s')
  expect(await seen()).toEqual([200, true, 'no-store'])
  const { headers } = await api.sendBound(token, { nonce })
  const newer = String(headers['dpop-nonce'])
  expect([newer === nonce, headers['access-control-expose-headers']]).toEqual([
    false,
    expect.stringContaining('DPoP-Nonce'),
  ])
  expect(await api.presentBound(token, { nonce: newer })).toBe('OK')
  api.issuer.clock.advance('29s')
  expect(await seen()).toEqual([200, true, 'no-store'])
  api.issuer.clock.advance('1s')
  expect(await seen()).toEqual([401, true, 'no-store'])
  expect(await api.presentBound(token, { nonce: newer })).toBe('OK')
})

verifies('DPOP-20', 'a refusal after an aging nonce brings the new one, too', async (adapter) => {
  const api = await openDpopApi(adapter, { nonces: 'required' })
  const nonce = await newNonce(api)
  api.issuer.clock.advance('40s')
  const token = await api.bound({ scope: 'other', exp: 2_000_000_000 })
  const forbidden = await api.sendBound(token, { nonce })
  expect([forbidden.status, typeof forbidden.headers['dpop-nonce']]).toEqual([403, 'string'])
  const proof = await api.client.proof({ url, token, nonce })
  await api.sendBound(token, proof)
  const replayed = await api.sendBound(token, proof)
  expect([replayed.status, typeof replayed.headers['dpop-nonce']]).toEqual([401, 'string'])
})

verifies(
  'DPOP-20',
  'processes with the same secrets accept the nonces of each other, also while they rotate',
  async (adapter) => {
    const api = await openDpopApi(adapter, { nonces: 'required', secrets: secrets[1] })
    const token = await api.bound()
    const nonce = await newNonce(api)
    const present = async (others: readonly string[]) => {
      const options = { ...api.issuer.validatorOptions, origin: apiOrigin }
      const second = await openApi(adapter, {
        protection: { ...options, dpop: { mode: 'accepted', nonces: 'required', secrets: others } },
      })
      const { authorization, dpop } = await api.client.headers({ url, token, nonce })
      return second.outcome({
        headers: [
          ['Authorization', authorization],
          ['DPoP', dpop],
        ],
      })
    }
    expect(await present([secrets[1] ?? ''])).toBe('OK')
    expect(await present(secrets)).toBe('OK')
    expect(await present([secrets[0] ?? ''])).toBe('E-NONCE')
  },
)

verifies('DPOP-19', 'there is one nonce, also when a layer in front has set one', async (adapter) => {
  const api = await openDpopApi(adapter, { nonces: 'required' })
  const client = await createSenderClient({ clock: api.issuer.clock })
  const token = await api.token({ cnf: client.cnf })
  for (const path of ['/twice', '/mounted/items', '/inner/items']) {
    const { authorization, dpop } = await client.headers({ url: `${apiOrigin}${path}`, token })
    const { status, headers } = await api.send({
      path,
      headers: [
        ['Authorization', authorization],
        ['DPoP', dpop],
      ],
    })
    expect([path, status, String(headers['dpop-nonce']).includes(',')]).toEqual([path, 401, false])
  }
})

/** The responses to requests with proofs: which check decides, what is published, and what other layers of the app see. */
import { createHash } from 'node:crypto'
import { scopes } from '@tollgate/core'
import { createSenderClient } from '@tollgate/mock-issuer'
import { calculateJwkThumbprint } from 'jose'
import { expect } from 'vitest'
import { frameworks } from '../harness/adapters.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { apiOrigin, openDpopApi } from '../harness/dpop.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { T0 } from '../harness/reference.ts'
import { verifies } from '../harness/verifies.ts'

const url = `${apiOrigin}/items`

verifies(
  'ERR-05',
  'the first failed check decides: token, scheme, proof, key, nonce, replay, then scopes',
  async (adapter) => {
    const refusals = messagesOn('tollgate:refusal')
    const api = await openDpopApi(adapter, { nonces: 'required' }, { guards: [scopes('read', 'write')] })
    const other = await createSenderClient({ clock: api.issuer.clock })
    const { headers } = await api.sendBound(await api.bound())
    const nonce = String(headers['dpop-nonce'])
    const token = await api.bound()
    const expired = await api.bound({ exp: T0 - 60 })
    const old = { claims: { iat: T0 - 600 } }
    const used = await api.client.proof({ url, token, nonce })
    await api.presentBound(token, used)
    for (const [presented, proof, code, reason] of [
      [expired, await other.proof({ url, token, ...old }), 'E-TOK DPoP', 'expired'],
      [await api.token({ scope: '' }), await other.proof({ url, token, ...old }), 'E-TOK DPoP', 'unbound-token'],
      [token, await other.proof({ url, token, ...old }), 'E-PROOF', 'proof-time'],
      [token, await other.proof({ url, token }), 'E-TOK DPoP', 'wrong-proof-key'],
      [token, await api.client.proof({ url, token }), 'E-NONCE', 'no-nonce'],
      [token, await api.client.proof({ url, token, nonce: 'x' }), 'E-NONCE', 'wrong-nonce'],
      [token, used, 'E-PROOF', 'replayed-proof'],
      [token, await api.client.proof({ url, token, nonce }), 'E-SCOPE DPoP', 'missing-scope'],
    ] as const) {
      expect([await api.presentBound(presented, proof), refusals.at(-1)?.refusal.reason]).toEqual([code, reason])
    }
    expect(await api.presentBound(await api.bound({ scope: 'read write' }), { nonce })).toBe('OK')
  },
)

verifies('ERR-04', 'the published outcome of a proof agrees with the response', async (adapter) => {
  const refusals = messagesOn('tollgate:refusal')
  const unavailable = messagesOn('tollgate:unavailable')
  const api = await openDpopApi(adapter, { nonces: 'required' })
  const token = await api.bound()
  expect(await api.presentBound(token, 'x')).toBe('E-PROOF')
  expect(refusals.at(-1)).toMatchObject({ outcome: 'invalid_dpop_proof', subject: 'alice' })
  expect(await api.presentBound(token)).toBe('E-NONCE')
  expect(refusals.at(-1)).toMatchObject({ outcome: 'use_dpop_nonce', subject: 'alice' })
  const broken = await openDpopApi(adapter, { replay: { remember: async () => Promise.reject(new Error('down')) } })
  expect(await broken.presentBound(await broken.bound())).toBe('E-UP')
  expect(unavailable.at(-1)).toMatchObject({ outcome: 'unreachable_upstream', error: { reason: 'replay-store' } })
})

verifies(
  'HTTP-07',
  'both challenges stand beside those of the app',
  async (adapter) => {
    const api = await openDpopApi(adapter, {}, { habits: ['own challenge'] })
    const { challenges, headers } = await api.send({})
    expect(challenges).toEqual([
      'Basic realm="staging"',
      'Bearer realm="api", scope="read"',
      'DPoP realm="api", scope="read", algs="ES256 PS256"',
    ])
    expect(headers['x-own']).toBe('set before')
  },
  frameworks,
)

verifies(
  'HTTP-08',
  'a page of another origin can read the challenge and the nonce',
  async (adapter) => {
    const api = await openDpopApi(adapter, { nonces: 'required' }, { habits: ['cors in front'] })
    const token = await api.bound()
    const send = async (nonce?: string) => {
      const { authorization, dpop } = await api.client.headers({ url, token, nonce })
      const headers = [['Authorization', authorization] as const, ['DPoP', dpop] as const]
      return api.send({ headers: [['Origin', 'https://app.example'], ...headers] })
    }
    const first = await send()
    expect(first.headers).toMatchObject({ 'access-control-allow-origin': '*', 'dpop-nonce': expect.any(String) })
    expect(first.headers['access-control-expose-headers']).toMatch(/WWW-Authenticate.*DPoP-Nonce/)
    const nonce = String(first.headers['dpop-nonce'])
    api.issuer.clock.advance('31s')
    const second = await send(nonce)
    expect([second.status, typeof second.headers['dpop-nonce']]).toEqual([200, 'string'])
    expect(second.headers['access-control-expose-headers']).toMatch(/DPoP-Nonce/)
    const preflight = await api.send({
      method: 'OPTIONS',
      headers: [
        ['Origin', 'https://app.example'],
        ['Access-Control-Request-Method', 'GET'],
        ['Access-Control-Request-Headers', 'authorization,dpop'],
      ],
    })
    expect(preflight.status).toBe(204)
  },
  frameworks,
)

verifies('JOSE-08', 'a duplicate member name in a proof is refused', async (adapter) => {
  const api = await openDpopApi(adapter)
  const { privateKey, jwk } = keyPair('P-256')
  const token = await api.token({ cnf: { jkt: await calculateJwkThumbprint(jwk) } })
  const ath = createHash('sha256').update(token).digest('base64url')
  const header = JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk })
  const claims = (jti: string): string => JSON.stringify({ jti, htm: 'GET', htu: url, iat: T0, ath })
  const present = (first: string, second: string) => api.presentBound(token, jws(first, second, privateKey, 'ES256'))
  expect(await present(header, claims('a'))).toBe('OK')
  expect(await present(header.replace('{', '{"alg":"none",'), claims('b'))).toBe('E-PROOF')
  expect(await present(header.replace('"kty"', '"kty":"EC","kty"'), claims('c'))).toBe('E-PROOF')
  for (const more of ['"htm":"POST"', '"htm":"GET"', '"\\u0068tm":"GET"', '"x":{"y":1,"y":2}']) {
    expect(await present(header, claims(more).replace('{', `{${more},`)), more).toBe('E-PROOF')
  }
  expect(await present(header, claims('d').replace('{', '{"x":{"y":1},"y":2,'))).toBe('OK')
})

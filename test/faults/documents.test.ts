/** What becomes of requests when metadata or keys are asked for, and none are kept. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Agent } from 'undici'
import { expect, onTestFinished } from 'vitest'
import { type Adapter, unlike } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { misbehaviours } from '../harness/misbehaviour.ts'
import type { Outcome } from '../harness/outcome.ts'
import { audience, T0 } from '../harness/reference.ts'
import { type Handler, openIssuerUpstream, status } from '../harness/upstream.ts'
import { verifies } from '../harness/verifies.ts'

const { jwk, privateKey } = keyPair('P-256')

async function outcomeWhen(adapter: Adapter, path: string, act: Handler): Promise<Outcome> {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  upstream.routes[path] = act
  const api = await openApi(adapter, { protection: { issuer: upstream.url, audience, clock: () => T0 * 1000 } })
  return api.present(jws({ alg: 'ES256', kid: 'k' }, claimsOf(upstream.url), privateKey, 'ES256'))
}

const cases = [
  ...Object.entries(misbehaviours),
  ['answers 401', { outcome: '502', act: status(401) }],
  ['answers 403', { outcome: '502', act: status(403) }],
] as const

verifies(
  ['ERR-02', 'ERR-01'],
  'keys and metadata that cannot be had have the status of their fault',
  async (adapter) => {
    // At once, for some of them last until the deadline of five seconds.
    const paths = ['/jwks', '/.well-known/oauth-authorization-server']
    const outcomes = paths.flatMap((path) =>
      cases.map(async ([name, { act }]) => [`${path} ${name}`, await outcomeWhen(adapter, path, act)] as const),
    )
    const expected = paths.flatMap((path) => cases.map(([name, { outcome }]) => [`${path} ${name}`, outcome] as const))
    expect(Object.fromEntries(await Promise.all(outcomes))).toEqual(Object.fromEntries(expected))
  },
  30_000,
)

verifies(
  'ERR-02',
  'a server that does not even shake hands is left alone after five seconds',
  async (adapter) => {
    const mute = createServer(() => undefined)
    await once(mute.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => void mute.close())
    const issuer = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`
    const dispatcher = new Agent()
    const api = await openApi(adapter, { protection: { issuer, audience, dispatcher, clock: () => T0 * 1000 } })
    expect(await api.present(jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256'))).toBe('E-UP')
    void dispatcher.destroy()
  },
  8000,
  unlike,
)

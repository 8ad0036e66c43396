/** The option `timeouts`: the deadlines of a fetch of keys, and of a discovery. */
import { createValidator, trustedIssuer, type TrustedIssuerOptions } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { openTestClock, type TestClock } from '../harness/clock.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { hang, json } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

const { jwk, privateKey } = keyPair('P-256')
const oauth = '/.well-known/oauth-authorization-server'
const openid = '/.well-known/openid-configuration'

interface Scene {
  readonly clock: TestClock
  readonly issuer: ScriptedIssuer
  readonly present: (timeouts?: TrustedIssuerOptions['timeouts']) => Promise<string>
}

async function open(): Promise<Scene> {
  const clock = openTestClock()
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  const present: Scene['present'] = async (timeouts) => {
    const trusted = trustedIssuer(issuer.url, { timeouts })
    const validator = createValidator({ issuer: trusted, audience, clock: clock.now })
    onTestFinished(() => validator.close())
    const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer.url, { exp: T0 + 1000 }), privateKey, 'ES256')
    return reasonOf(validator.authenticate(requestWith(token)))
  }
  return { clock, issuer, present }
}

/** Whether work has ended. */
function observe(work: Promise<unknown>): () => boolean {
  let isOver = false
  void work.then(() => (isOver = true))
  return () => isOver
}

test.each([
  [undefined, 5],
  [{ metadata: '1s' }, 5],
  [{ keys: '200ms' }, 0.2],
  [{ keys: '30s' }, 30],
] as const)('with timeouts %j a fetch of keys that hangs ends after %d s', async (timeouts, seconds) => {
  const { clock, issuer, present } = await open()
  issuer.routes['/jwks'] = hang
  const result = present(timeouts)
  const isOver = observe(result)
  await waitFor(() => issuer.count('/jwks') === 1)
  await clock.advance(seconds - 0.01)
  expect(isOver()).toBe(false)
  await clock.advance(0.01)
  expect(await result).toBe('timeout')
})

test.each([
  [undefined, 5],
  [{ keys: '1s' }, 5],
  [{ metadata: '30s' }, 30],
] as const)(
  'with timeouts %j a discovery that hangs ends after %d s, with all its requests',
  async (timeouts, seconds) => {
    const { clock, issuer, present } = await open()
    issuer.routes[oauth] = hang
    issuer.routes[openid] = hang
    const result = present(timeouts)
    const isOver = observe(result)
    await waitFor(() => issuer.count(oauth) === 1)
    await clock.advance(1)
    await waitFor(() => issuer.count(openid) === 1)
    await clock.advance(seconds - 1.01)
    expect(isOver()).toBe(false)
    await clock.advance(0.01)
    expect(await result).toBe('timeout')
  },
)

test('with a short deadline, the second well-known URL still has its turn', async () => {
  const { clock, issuer, present } = await open()
  issuer.routes[oauth] = hang
  issuer.routes[openid] = json({ issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` })
  const result = present({ metadata: '300ms' })
  await waitFor(() => issuer.count(oauth) === 1)
  await clock.advance(0.1)
  await waitFor(() => issuer.count(openid) === 1)
  expect(await result).toBe('OK')
})

test('two issuers with other deadlines do not share a fetch, because one would end the fetch of the other', async () => {
  const { clock, issuer, present } = await open()
  issuer.routes['/jwks'] = hang
  const [short, long] = [present({ keys: '1s' }), present({ keys: '20s' })]
  const isOver = observe(long)
  await waitFor(() => issuer.count('/jwks') === 2)
  await clock.advance(1)
  expect(await short).toBe('timeout')
  expect(isOver()).toBe(false)
  await clock.advance(19)
  expect(await long).toBe('timeout')
})

test('a wrong duration or name is an option error', () => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  for (const value of ['0s', '0ms', '0.5ms', '31s', '30001ms', '1h', '-1s', '5', 5000, '', null, 'Infinitys', {}]) {
    for (const name of ['keys', 'metadata']) {
      const timeouts = { [name]: value } as TrustedIssuerOptions['timeouts']
      expect(() => trustedIssuer('https://as.example', { timeouts }), `${name} ${String(value)}`).toThrow(wrong)
    }
  }
  for (const timeouts of [null, '5s', 5, [], { key: '5s' }, { keys: '5s', jwks: '5s' }, { introspection: '5s' }]) {
    expect(() => trustedIssuer('https://as.example', { timeouts: timeouts as never })).toThrow(wrong)
  }
  for (const value of ['1ms', '1.5ms', '30s', '30000ms'] as const) {
    trustedIssuer('https://as.example', { timeouts: { keys: value, metadata: value } })
  }
})

/** Addresses that come out of tokens: where the `issuer` function says yes to names that somebody else has chosen. */
import { createServer } from 'node:net'
import { createValidator, trustedIssuer, type TrustedIssuerOptions, type Validator } from '@tollgate/core'
import { MockAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { reasonOf, requestWith } from '../harness/asking.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { openIssuerUpstream } from '../harness/upstream.ts'

const { jwk, privateKey } = keyPair('P-256')
const clock = (): number => T0 * 1000

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256')
}

/** A function that trusts whoever a token names, as one does who looks names up that tenants have entered themselves. */
async function reason(issuer: string, options: TrustedIssuerOptions = {}, dispatcher?: MockAgent): Promise<string> {
  const validator = createValidator({ issuer: (iss) => trustedIssuer(iss, options), audience, clock, dispatcher })
  return reasonOf(validator.authenticate(requestWith(tokenOf(issuer))))
}

/** A port of this host, and how often somebody came. */
async function openCanary(): Promise<{ readonly port: number; readonly visits: () => number }> {
  let visits = 0
  const server = createServer((socket) => {
    visits += 1
    socket.destroy()
  })
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '::', () => resolve((server.address() as { port: number }).port))
  })
  onTestFinished(() => void server.close())
  return { port, visits: () => visits }
}

test('nobody is visited at an address that is not public, however it is spelt', async () => {
  const { port, visits } = await openCanary()
  const hosts = [
    '169.254.169.254',
    '10.0.0.1',
    '[fd00::1]',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    '[::]',
    'localhost.',
    '[::ffff:127.0.0.1]',
  ]
  for (const host of hosts) {
    expect(await reason(`https://${host}:${port}`), host).toBe('insecure-endpoint')
  }
  expect(visits()).toBe(0)
})

test('metadata of an issuer at a public address leads to no address that is not public', async () => {
  const issuer = 'https://as.example'
  for (const [host, expected] of [
    ['10.0.0.1', 'insecure-endpoint'],
    ['keys.example', 'OK'],
  ] as const) {
    const agent = new MockAgent()
    agent.disableNetConnect()
    const asked: string[] = []
    for (const [origin, document] of [
      [issuer, { issuer, jwks_uri: `https://${host}/jwks` }],
      [`https://${host}`, { keys: [{ ...jwk, kid: 'k' }] }],
    ] as const) {
      agent
        .get(origin)
        .intercept({ path: () => true })
        .reply(200, ({ path }) => {
          asked.push(path)
          return document
        })
        .persist()
    }
    expect(await reason(issuer, {}, agent), host).toBe(expected)
    expect(asked.includes('/jwks')).toBe(expected === 'OK')
    await agent.close()
  }
})

test('who is called loopback by name, or is allowed to be anywhere, is reached', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  expect(await reason(upstream.url)).toBe('OK')
  const { port, visits } = await openCanary()
  expect(await reason(`https://[::ffff:127.0.0.1]:${port}`, { network: 'any' })).toBe('network')
  expect(visits()).toBeGreaterThan(0)
})

test('an issuer that is listed is reached anywhere, unless it is to be at a public address', async () => {
  const { port, visits } = await openCanary()
  const url = `https://[::ffff:127.0.0.1]:${port}`
  const present = (options: TrustedIssuerOptions): Promise<string> =>
    reasonOf(
      createValidator({ issuer: trustedIssuer(url, options), audience, clock }).authenticate(requestWith(tokenOf(url))),
    )
  expect(await present({ network: 'public' })).toBe('insecure-endpoint')
  expect(visits()).toBe(0)
  expect(await present({})).toBe('network')
  expect(visits()).toBeGreaterThan(0)
})

test('what one issuer may reach is not lent to another, though both go the same way', async () => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  const issuer = 'https://10.0.0.1'
  const document = { issuer, jwks_uri: `${issuer}/jwks`, keys: [{ ...jwk, kid: 'k' }] }
  agent
    .get(issuer)
    .intercept({ path: () => true })
    .reply(200, document)
    .persist()
  const options = { audience, clock, dispatcher: agent }
  const present = (validator: Validator): Promise<string> =>
    reasonOf(validator.authenticate(requestWith(tokenOf(issuer))))
  expect(await present(createValidator({ ...options, issuer }))).toBe('OK')
  expect(await present(createValidator({ ...options, issuer: (iss) => trustedIssuer(iss) }))).toBe('insecure-endpoint')
  await agent.close()
})

test('an option that is none is refused', () => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => trustedIssuer('https://as.example', { network: 'private' as 'any' })).toThrow(wrong)
})

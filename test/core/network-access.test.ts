/** The option `network`: the addresses that calls for an issuer may connect to. Its name may come from a token. */
import { createServer } from 'node:net'
import { createValidator, trustedIssuer, type TrustedIssuerOptions, type Validator } from '@tollgate/core'
import { MockAgent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const { jwk, privateKey } = keyPair('P-256')
const clock = (): number => T0 * 1000

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256')
}

/** Presents a token of an issuer to a validator whose `issuer` function trusts every name. */
async function reason(issuer: string, options: TrustedIssuerOptions = {}, dispatcher?: MockAgent): Promise<string> {
  const validator = createValidator({ issuer: (iss) => trustedIssuer(iss, options), audience, clock, dispatcher })
  return reasonOf(validator.authenticate(requestWith(tokenOf(issuer))))
}

/** A port of this host that counts its connections. */
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

test('an issuer of the `issuer` function is not contacted at an address that is not public, in any spelling', async () => {
  const { port, visits } = await openCanary()
  const hosts = [
    '169.254.169.254',
    '10.0.0.1',
    '[fd00::1]',
    '[::ffff:7f00:1]',
    '0.0.0.0',
    '[::]',
    'localhost.',
    'LOCALHOST.',
    '[0:0:0:0:0:ffff:7f00:1]',
    '0',
    '0xa.1',
    '１０.0.0.1',
    '[::ffff:127.0.0.1]',
  ]
  for (const host of hosts) {
    expect(await reason(`https://${host}:${port}`), host).toBe('insecure-endpoint')
  }
  expect(visits()).toBe(0)
})

test('metadata of such an issuer cannot name an address that is not public', async () => {
  const issuer = 'https://as.example'
  for (const [host, expected] of [
    ['10.0.0.1', 'insecure-endpoint'],
    ['keys.example', 'OK'],
  ] as const) {
    const agent = new MockAgent()
    agent.disableNetConnect()
    const requested: string[] = []
    for (const [origin, document] of [
      [issuer, { issuer, jwks_uri: `https://${host}/jwks` }],
      [`https://${host}`, { keys: [{ ...jwk, kid: 'k' }] }],
    ] as const) {
      agent
        .get(origin)
        .intercept({ path: () => true })
        .reply(200, ({ path }) => {
          requested.push(path)
          return document
        })
        .persist()
    }
    expect(await reason(issuer, {}, agent), host).toBe(expected)
    expect(requested.includes('/jwks')).toBe(expected === 'OK')
    await agent.close()
  }
})

test('an issuer with a loopback name, or with `network: any`, is contacted', async () => {
  const issuer = await openScriptedIssuer([{ ...jwk, kid: 'k' }])
  expect(await reason(issuer.url)).toBe('OK')
  const { port, visits } = await openCanary()
  expect(await reason(`https://[::ffff:127.0.0.1]:${port}`, { network: 'any' })).toBe('network')
  expect(visits()).toBeGreaterThan(0)
})

test('a listed issuer is contacted at any address, unless it has `network: public`', async () => {
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

test('issuers with different `network` do not share documents', async () => {
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

test('another value is an option error', () => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  expect(() => trustedIssuer('https://as.example', { network: 'private' as 'any' })).toThrow(wrong)
})

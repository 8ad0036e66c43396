/** The name of an issuer is checked in the spelling in which it is used: as the URL parser returns it. */
import { createValidator, trustedIssuer } from '@tollgate/core'
import { MockAgent } from 'undici'
import { expect, test } from 'vitest'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const { jwk, privateKey } = keyPair('P-256')

function isAccepted(name: string): boolean {
  try {
    trustedIssuer(name)
    return true
  } catch (error) {
    const { code } = error as { readonly code?: string }
    if (code !== 'ERR_INVALID_OPTION') {
      throw error
    }
    return false
  }
}

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['as.localhost', true],
  ['%6cocalhost', true],
  ['ｌｏｃａｌｈｏｓｔ', true],
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['127.1', true],
  ['2130706433', true],
  ['0x7f.1', true],
  ['0177.0.0.1', true],
  ['１２７.0.0.1', true],
  ['[::1]', true],
  ['[0:0:0:0:0:0:0:1]', true],
  ['[::0.0.0.1]', true],
  ['localhost.', false],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
  ['128.0.0.1', false],
  ['0', false],
  ['169.254.169.254', false],
  ['[::ffff:127.0.0.1]', false],
  ['[::2]', false],
  ['127.0.0.1@as.example', false],
  ['as.example\\@127.0.0.1', false],
  ['as.example#.localhost', false],
])('plain http is for loopback: http://%s is accepted: %j', (host, expected) => {
  expect(isAccepted(`http://${host}:8080`.replace(/([#@\\].*):8080/, '$1'))).toBe(expected)
})

test('plain http is a name like any other when nothing is discovered', async () => {
  // AD FS has this name in its tokens, and its keys are on https.
  const iss = 'http://adfs.example.com/adfs/services/trust'
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(iss), privateKey, 'ES256')
  const keys = { keys: [{ ...jwk, kid: 'k' }] }
  const validator = createValidator({ issuer: trustedIssuer(iss, { keys }), audience, clock: () => T0 * 1000 })
  expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('OK')
  expect(isAccepted(iss)).toBe(false)
  const byFunction = createValidator({ issuer: (name) => trustedIssuer(name), audience, clock: () => T0 * 1000 })
  expect(await reasonOf(byFunction.authenticate(requestWith(token)))).toBe('untrusted-issuer')
  await Promise.all([validator.close(), byFunction.close()])
})

test.each([
  '',
  'as.example',
  '/tenant',
  'https:as.example',
  'https:/as.example',
  'https:\\\\as.example',
  'https://as.example\\tenant',
  'https://as.example/a/../b',
  'https://as.example/a/%2e%2E/b',
  'https://as.example/./b',
  'https://as.example/ü',
  'https://as.example/a b',
  'https://as.example?x=1',
  'https://as.example#',
  'https://user@as.example',
  'https://user:password@as.example',
  ' https://as.example',
  '\u0000https://as.example',
  'https://as.example\n',
  'ht\ttps://as.example',
  'https://as.example/\u00a0',
  'https://as.example/.well-known/openid-configuration',
  `https://as.example/${'x'.repeat(2048)}`,
  `https://${'字'.repeat(400)}.example`,
])('%j is no name of an issuer with metadata', (name) => {
  expect(isAccepted(name)).toBe(false)
})

test('a text that the URL parser would change is not fetched for a token', async () => {
  const agent = new MockAgent()
  agent.disableNetConnect()
  const requested: string[] = []
  agent
    .get('https://as.example')
    .intercept({ path: () => true })
    .reply(200, ({ path }) => void requested.push(path))
    .persist()
  const issuer = (iss: string) => (iss.startsWith('https://as.example/tenants/') ? trustedIssuer(iss) : undefined)
  const validator = createValidator({ issuer, audience, dispatcher: agent, clock: () => T0 * 1000 })
  for (const path of ['..', '../x', '%2e%2e/x', 'a/../../x', '\\..\\..\\x', 'x?y', 'x#y', 'x'.repeat(2048)]) {
    const claims = claimsOf(`https://as.example/tenants/${path}`)
    const request = requestWith(jws({ alg: 'ES256', kid: jwk.x }, claims, privateKey, 'ES256'))
    expect(await reasonOf(validator.authenticate(request)), path).toBe('untrusted-issuer')
  }
  expect(requested).toEqual([])
  await validator.close()
  await agent.close()
})

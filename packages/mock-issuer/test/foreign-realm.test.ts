import { runInNewContext } from 'node:vm'
import { jwtVerify, SignJWT } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { createSenderClient, wrongProofs, wrongTokens } from '../src/index.ts'
import { introspectWith, start, verifier } from './harness.ts'

/** Replaces the global class as the jsdom environment of vitest does. Buffer and TextEncoder still make the other one. */
function replaceUint8Array(): () => void {
  const real = globalThis.Uint8Array
  const restore = (): void => {
    globalThis.Uint8Array = real
  }
  globalThis.Uint8Array = runInNewContext('Uint8Array') as typeof Uint8Array
  onTestFinished(restore)
  return restore
}

test('the issuer signs every token while another realm provides Uint8Array', async () => {
  const issuer = await start({ algorithms: ['ES256', 'RS256'] })
  const restore = replaceUint8Array()
  const tokens = [await issuer.accessToken(), await issuer.accessToken({}, { algorithm: 'RS256' })]
  for (const name of wrongTokens) {
    expect(await issuer.wrongToken(name), name).toBeTypeOf('string')
  }
  restore()
  for (const token of tokens) {
    await jwtVerify(token, await verifier(issuer), { issuer: issuer.url, currentDate: new Date(issuer.clock()) })
  }
})

test('a client creates every proof and a certificate while another realm provides Uint8Array', async () => {
  replaceUint8Array()
  const client = await createSenderClient()
  for (const name of wrongProofs) {
    const proof = await client.wrongProof(name, { url: 'https://api.example.com/orders', token: 't' })
    expect(proof, name).toBeTypeOf('string')
  }
  expect((await client.certificate()).thumbprint).toHaveLength(43)
})

test('the issuer verifies client_secret_jwt while another realm provides Uint8Array', async () => {
  const issuer = await start()
  const { id, secret } = issuer.client
  const exp = Math.floor(issuer.clock() / 1000) + 60
  const assertion = await new SignJWT({ iss: id, sub: id, aud: issuer.url, exp, jti: 'j' })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
  const form = {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  }
  replaceUint8Array()
  expect((await introspectWith(issuer, 't', { form })).status).toBe(200)
})

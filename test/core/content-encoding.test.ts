/** Documents that come compressed, though the request accepts no compression. */
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { createValidator, trustedIssuer, type Unavailable } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { requestWith } from '../harness/scripted-validator.ts'

const { jwk, privateKey } = keyPair('P-256')
const jwks = JSON.stringify({ keys: [{ ...jwk, kid: 'k' }] })

/** The outage of a token whose issuer sends its key set like this. `undefined` when the token is accepted. */
async function outage(encoding: string | undefined, body: Uint8Array): Promise<Unavailable | undefined> {
  const issuer = await openScriptedIssuer()
  const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
  issuer.routes['/jwks'] = (_request, response) => response.writeHead(200, headers).end(body)
  const trusted = trustedIssuer(issuer.url, { keys: `${issuer.url}/jwks` })
  const validator = createValidator({ issuer: trusted, audience, clock: () => T0 * 1000 })
  onTestFinished(() => validator.close())
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer.url), privateKey, 'ES256')
  return validator.authenticate(requestWith(token)).then(
    () => undefined,
    (error: unknown) => error as Unavailable,
  )
}

test.each([
  ['gzip', gzipSync(jwks)],
  ['X-GZIP', gzipSync(jwks)],
  ['deflate', deflateSync(jwks)],
  ['br', brotliCompressSync(jwks)],
  ['zstd', zstdCompressSync(jwks)],
  ['Identity', Buffer.from(jwks)],
  ['Identity', gzipSync(jwks)],
  [undefined, gzipSync(jwks)],
  [undefined, zstdCompressSync(jwks)],
])('a key set with the encoding %s is read', async (encoding, body) => {
  expect(await outage(encoding, body)).toBeUndefined()
})

test.each([
  ['an unknown encoding', 'compress', Buffer.from(jwks)],
  ['several encodings', 'gzip, br', Buffer.from(jwks)],
  ['a body that does not have the stated encoding', 'gzip', Buffer.from(jwks)],
  ['a compressed body that ends early', 'gzip', gzipSync(jwks).subarray(0, 40)],
])('the outage for %s names the encoding', async (_name, encoding, body) => {
  const error = await outage(encoding, body)
  expect(error).toMatchObject({ status: 502, reason: 'content-encoding' })
  expect(error?.message).toContain(encoding)
})

test.each([gzipSync(jwks).subarray(0, 40), zstdCompressSync(jwks).subarray(0, 40), Buffer.from([0x1f, 0x8b])])(
  'a damaged body that begins like a compressed one is an outage with the reason of an encoding (%#)',
  async (body) => {
    expect(await outage(undefined, body)).toMatchObject({ status: 502, reason: 'content-encoding' })
  },
)

test.each([Buffer.from([0x1f]), Buffer.from('28b52ffd')])('another body is no JSON (%#)', async (body) => {
  expect(await outage(undefined, body)).toMatchObject({ status: 502, reason: 'not-json' })
})

test('a small body that decompresses to more than the limit is too large, and is not decompressed further', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
  expect(bomb.length).toBeLessThan(100_000)
  expect(await outage('gzip', bomb)).toMatchObject({ status: 502, reason: 'too-large' })
  expect(await outage(undefined, bomb)).toMatchObject({ status: 502, reason: 'too-large' })
})

import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import { createSenderClient, type SenderClient, type WrongProof, wrongProofs } from '../src/index.ts'
import { type Expected, failedChecks } from './check-proof.ts'
import { introspect, start } from './harness.ts'

const request = { method: 'GET', url: 'https://api.example.com/orders', token: 'a.b.c' }

const algorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519']

function expectedBy({ thumbprint }: SenderClient, now = Date.now()): Expected {
  return { ...request, now: Math.floor(now / 1000), thumbprint }
}

/** The check of RFC 9449 §4.3 that each wrong proof fails, and no other check. */
const checkOf: Readonly<Record<WrongProof, string>> = {
  expired: 'time',
  fromTheFuture: 'time',
  withoutIat: 'time',
  textualIat: 'time',
  wrongMethod: 'method',
  lowerCaseMethod: 'method',
  withoutMethod: 'method',
  methodInArray: 'method',
  wrongUrl: 'url',
  wrongHost: 'url',
  wrongPort: 'url',
  wrongScheme: 'url',
  trailingSlash: 'url',
  relativeUrl: 'url',
  urlWithCredentials: 'url',
  withoutUrl: 'url',
  withoutJti: 'jti',
  emptyJti: 'jti',
  numericJti: 'jti',
  withoutAth: 'token',
  wrongAth: 'token',
  paddedAth: 'token',
  athWithScheme: 'token',
  wrongType: 'type',
  withoutType: 'type',
  criticalHeader: 'critical',
  unsigned: 'algorithm',
  withoutSignature: 'signature',
  badSignature: 'signature',
  forged: 'signature',
  hmac: 'algorithm',
  symmetricKey: 'algorithm',
  privateKey: 'key',
  withoutKey: 'key',
  textualKey: 'key',
  invalidKey: 'key',
  keyOfAnotherType: 'key',
  foreignKey: 'binding',
  encrypted: 'form',
  garbage: 'form',
  twoSegments: 'form',
  twoProofs: 'form',
  tooLong: 'form',
}

describe.each(algorithms)('a client with %s', async (algorithm) => {
  const client = await createSenderClient({ algorithm })

  test('creates proofs that pass every check, and have its algorithm', async () => {
    const proof = await client.proof(request)
    expect(await failedChecks(proof, expectedBy(client))).toEqual([])
    expect(decodeProtectedHeader(proof)).toEqual({ alg: algorithm, typ: 'dpop+jwt', jwk: client.jwk })
  })

  test.each(wrongProofs)('creates a proof that is %s and fails one check', async (name) => {
    const proof = await client.wrongProof(name, request)
    expect(await failedChecks(proof, expectedBy(client))).toEqual([checkOf[name]])
  })
})

test('a proof contains the URL without query and fragment, the method, the nonce and a new jti', async () => {
  const client = await createSenderClient()
  const url = new URL('HTTPS://API.Example.com:443/orders?page=1#top')
  const claims = decodeJwt(await client.proof({ method: 'POST', url, nonce: 'n-1' }))
  expect(claims).toMatchObject({ htu: 'https://api.example.com/orders', htm: 'POST', nonce: 'n-1' })
  expect(claims).not.toHaveProperty('ath')
  expect(decodeJwt(await client.proof({ url })).jti).not.toBe(claims.jti)
})

test('claims and header members of a proof replace the correct ones, and the named fault replaces them', async () => {
  const client = await createSenderClient()
  const changes = { claims: { jti: 'jti-1', iat: undefined }, header: { typ: 'application/dpop+jwt' } }
  const proof = await client.proof({ ...request, ...changes })
  expect(decodeJwt(proof)).toMatchObject({ jti: 'jti-1' })
  expect(decodeJwt(proof)).not.toHaveProperty('iat')
  expect(decodeProtectedHeader(proof).typ).toBe('application/dpop+jwt')
  const wrong = await client.wrongProof('wrongType', { ...request, ...changes })
  expect([decodeJwt(wrong).jti, decodeProtectedHeader(wrong).typ]).toEqual(['jti-1', 'JWT'])
})

test('the proofs have the time of the shared clock', async () => {
  const { clock } = await start()
  const client = await createSenderClient({ clock })
  clock.freeze(1_000_000)
  clock.advance('30s')
  expect(decodeJwt(await client.proof(request)).iat).toBe(1030)
  expect(await failedChecks(await client.wrongProof('wrongAth', request), expectedBy(client, clock()))).toEqual([
    'token',
  ])
})

test('the headers of a request have the token and its proof', async () => {
  const client = await createSenderClient()
  const { authorization, dpop } = await client.headers({ ...request, nonce: 'n-1' })
  expect(authorization).toBe('DPoP a.b.c')
  expect(await failedChecks(dpop, expectedBy(client))).toEqual([])
  expect(decodeJwt(dpop)['nonce']).toBe('n-1')
})

test('the issuer binds JWTs and opaque tokens to the key and to the certificate', async () => {
  const issuer = await start()
  const client = await createSenderClient({ clock: issuer.clock })
  const certificate = await client.certificate()
  const both = { ...client.cnf, ...certificate.cnf }
  expect(both).toEqual({ jkt: client.thumbprint, 'x5t#S256': certificate.thumbprint })
  expect(decodeJwt(await issuer.accessToken({ cnf: both }))['cnf']).toEqual(both)
  for (const [cnf, type] of [
    [client.cnf, 'DPoP'],
    [both, 'DPoP'],
    [certificate.cnf, 'Bearer'],
    [undefined, 'Bearer'],
  ] as const) {
    const { text } = await introspect(issuer, await issuer.opaqueToken({ cnf }))
    const { cnf: confirmation, token_type: tokenType } = JSON.parse(text) as Record<string, unknown>
    expect([confirmation, tokenType]).toEqual([cnf, type])
  }
})

test('invalid options are a TypeError', async () => {
  const client = await createSenderClient()
  await expect(createSenderClient({ algorithm: 'HS256' })).rejects.toThrow(TypeError)
  await expect(createSenderClient({ clock: 0 as unknown as () => number })).rejects.toThrow(TypeError)
  await expect(createSenderClient({ clocks: Date.now } as object)).rejects.toThrow(TypeError)
  await expect(client.proof({ url: '/orders' })).rejects.toThrow(TypeError)
  await expect(client.proof({ ...request, uri: 'a' } as typeof request)).rejects.toThrow(TypeError)
  await expect(client.proof({ ...request, method: '' })).rejects.toThrow(TypeError)
  await expect(client.headers({ url: request.url } as typeof request)).rejects.toThrow(TypeError)
  await expect(client.wrongProof('late' as 'expired', request)).rejects.toThrow(TypeError)
  await expect(client.wrongProof('toString' as 'expired', request)).rejects.toThrow(TypeError)
  await expect(client.wrongCertificate('late' as 'expired')).rejects.toThrow(TypeError)
})

import { createMockIssuer, createSenderClient, type SenderClient, wrongProofs } from '@tollgate/mock-issuer'
import * as oauth from 'oauth4webapi'
import { afterAll, describe, expect, test } from 'vitest'

// oauth4webapi validates DPoP proofs as well. It shows that the proofs of the mock issuer are correct, and wrong.

const issuer = await createMockIssuer()
afterAll(() => issuer.close())
const audience = 'https://api.example.com'
const url = `${audience}/orders`

async function validate(client: SenderClient, dpop: string, token: string): Promise<unknown> {
  const request = new Request(url, { headers: { authorization: `DPoP ${token}`, dpop } })
  const server = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks` }
  const claims = await oauth.validateJwtAccessToken(server, request, audience, { [oauth.allowInsecureRequests]: true })
  return claims.cnf?.jkt === client.thumbprint
}

/** oauth4webapi 3.8 has no limit for the length of a proof, and accepts an empty `jti`. */
const accepted = new Set<string>(['emptyJti', 'tooLong'])

describe.each(['ES256', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519'])('%s', async (algorithm) => {
  const client = await createSenderClient({ algorithm, clock: issuer.clock })
  const token = await issuer.accessToken({ cnf: client.cnf })

  test('a correct proof is accepted', async () => {
    const { dpop } = await client.headers({ url, token })
    expect(await validate(client, dpop, token)).toBe(true)
  })

  test.each(wrongProofs.filter((name) => !accepted.has(name)))('a proof that is %s is refused', async (name) => {
    const dpop = await client.wrongProof(name, { url, token })
    await expect(validate(client, dpop, token)).rejects.toThrow()
  })
})

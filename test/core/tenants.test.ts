/** The documents of tenants share one cache that is bounded in bytes, because each tenant chooses the size of its documents. */
import { createServer } from 'node:http'
import { createValidator, trustedIssuer } from '@tollgate/core'
import { expect, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const { jwk, privateKey } = keyPair('P-256')

test('a hundred key sets of 64 keys do not fit, and an evicted one is fetched again', async () => {
  const keys = Array.from({ length: 64 }, (_, index) => ({ ...jwk, kid: `${index}`.padEnd(1000, 'k') }))
  let fetches = 0
  const server = createServer(({ url = '' }, response) => {
    const [tenant] = /^\/tenant-\d+/.exec(url.replace('/.well-known/oauth-authorization-server', '')) ?? []
    fetches += url === '/tenant-0/jwks' ? 1 : 0
    const metadata = { issuer: `${origin}${tenant}`, jwks_uri: `${origin}${tenant}/jwks` }
    response.end(JSON.stringify(url.includes('.well-known') ? metadata : { keys }))
  })
  const origin = await listen(server)
  const issuer = (iss: string) => trustedIssuer(iss, { network: 'any' })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  const present = (tenant: number): Promise<string> => {
    const claims = claimsOf(`${origin}/tenant-${tenant}`)
    const token = jws({ alg: 'ES256', kid: keys[0]?.kid }, claims, privateKey, 'ES256')
    return reasonOf(validator.authenticate(requestWith(token)))
  }
  expect(await present(0)).toBe('OK')
  for (let tenant = 1; tenant <= 100; tenant += 1) {
    expect(await present(tenant)).toBe('OK')
  }
  expect([await present(0), fetches]).toEqual(['OK', 2])
  await validator.close()
})

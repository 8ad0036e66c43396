/** The memory for documents of tenants. The `issuer` function trusts thousands of them, and each chooses the size of its documents. */
import { createServer } from 'node:http'
import { createValidator, trustedIssuer } from '@tollgate/core'
import { expect, test } from 'vitest'
import { listen } from '../harness/api.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { bytesInUseAtRest } from '../harness/memory.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'

const { jwk, privateKey } = keyPair('P-256')
const bound = 64 * 2 ** 20
const long = (serial: number, length: number): string => `${serial}`.padEnd(length, 'k')

/** Documents near the limits of a response, whose members are within their own bounds or beyond. */
const shapes: Readonly<Record<string, (serial: number) => object>> = {
  'with long key ids': (serial) => ({ ...jwk, kid: long(serial, 1024) }),
  'with key ids beyond their bound': (serial) => ({ ...jwk, kid: long(serial, 8000) }),
  'with members that are not read': (serial) => ({ ...jwk, kid: `${serial}`, x5c: [long(serial, 8000)] }),
  'with huge exponents': (serial) => ({ kty: 'RSA', kid: `${serial}`, n: long(serial, 4000), e: long(serial, 4000) }),
}

test.each(Object.entries(shapes))('key sets %s are bounded in bytes', async (_name, shape) => {
  let serial = 0
  const server = createServer(({ url = '' }, response) => {
    const [tenant] = /^\/tenant-\d+/.exec(url.replace('/.well-known/oauth-authorization-server', '')) ?? []
    const metadata = { issuer: `${origin}${tenant}`, jwks_uri: `${origin}${tenant}/jwks` }
    const keys = (): readonly object[] => Array.from({ length: 60 }, () => shape((serial += 1)))
    response.end(JSON.stringify(url.includes('.well-known') ? metadata : { keys: keys() }))
  })
  const origin = await listen(server)
  const issuer = (iss: string) => trustedIssuer(iss, { network: 'any' })
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  const present = async (tenant: number): Promise<void> => {
    const claims = claimsOf(`${origin}/tenant-${tenant}`)
    const token = jws({ alg: 'ES256', kid: 'unknown' }, claims, privateKey, 'ES256')
    expect(await reasonOf(validator.authenticate(requestWith(token)))).not.toBe('OK')
  }
  await present(0)
  const before = await bytesInUseAtRest()
  for (let tenant = 1; tenant <= 200; tenant += 1) {
    await present(tenant)
  }
  expect((await bytesInUseAtRest()) - before).toBeLessThan(bound)
  await validator.close()
})

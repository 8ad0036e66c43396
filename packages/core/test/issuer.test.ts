import { generate } from 'selfsigned'
import { Agent } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { createJwtStore } from '../src/jwt/jwt-cache.ts'
import { createVerdictStore } from '../src/introspection/response-cache.ts'
import { createReach } from '../src/http/dispatchers.ts'
import type { Holdable } from '../src/http/holders.ts'
import { tlsClientAuth } from '../src/introspection/client-authentication/tls-client-auth.ts'
import { createIssuer } from '../src/issuers/issuer.ts'
import type { JwtVerdict } from '../src/jwt/jwt-validator.ts'
import { trustedIssuer, type TrustedIssuerOptions } from '../src/issuers/trusted-issuer.ts'

/** How many things a validator holds for an issuer with these options. */
function heldFor(options: TrustedIssuerOptions): number {
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.destroy())
  const held = new Set<Holdable>()
  const reach = createReach(dispatcher)
  const holdings = { ...reach.holdings, hold: (thing: Holdable) => void held.add(thing) }
  const policy = {
    audience: ['https://api.example'],
    clock: () => 0,
    scopeHierarchy: new Map(),
    clockTolerance: 0,
    verdicts: createVerdictStore<never>(),
    jwts: createJwtStore<JwtVerdict>(),
    shared: undefined,
    cacheMode: 'memory' as const,
    judge: {},
    reach: { ...reach, holdings },
  }
  createIssuer(trustedIssuer('https://as.example', options), policy, 'listed')
  return held.size
}

test('a validator holds what has timers or connections of its own: keys, the metadata of an endpoint, a client certificate', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'api' }])
  const client = tlsClientAuth('api', { cert, key })
  expect(heldFor({})).toBe(1)
  expect(heldFor({ introspection: { client } })).toBe(3)
  expect(heldFor({ introspection: { client }, formats: 'opaque' })).toBe(2)
  expect(heldFor({ introspection: { client, endpoint: 'https://as.example/introspect' }, formats: 'opaque' })).toBe(1)
  expect(heldFor({ secret: 'a secret that is as long as a hash, or longer' })).toBe(0)
})

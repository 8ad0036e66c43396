import { createValidator, type Refusal, type ResolveIssuer, trustedIssuer, type Validator } from '@tollgate/core'
import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { jws, keyPair } from '../harness/jws.ts'
import { claimsOf } from '../harness/key-issuer.ts'
import { audience, T0 } from '../harness/reference.ts'
import { type Handler, openIssuerUpstream, openUpstream } from '../harness/upstream.ts'

const { jwk, privateKey } = keyPair('P-256')

function tokenOf(issuer: string): string {
  return jws({ alg: 'ES256', kid: 'k' }, claimsOf(issuer), privateKey, 'ES256')
}

function request(token: string): Request {
  return new Request('https://api.example/items', { headers: { authorization: `Bearer ${token}` } })
}

async function reasonOf(validator: Validator, token: string): Promise<string> {
  return validator.authenticate(request(token)).then(
    () => 'OK',
    (error: Refusal) => error.reason ?? error.name,
  )
}

async function openTenants(
  resolve: ResolveIssuer,
): Promise<{ validator: Validator; advance: (seconds: number) => void }> {
  let now = T0
  const validator = createValidator({ issuer: resolve, audience, clock: () => now * 1000 })
  return {
    validator,
    advance: (seconds) => {
      now += seconds
    },
  }
}

test('a function finds the issuers of tenants, now or later, and is asked once for each', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  const asked: string[] = []
  const { validator } = await openTenants(async (iss) => {
    asked.push(iss)
    return iss === upstream.url ? trustedIssuer(iss) : undefined
  })
  const token = tokenOf(upstream.url)
  expect(await Promise.all(Array.from({ length: 50 }, () => reasonOf(validator, token)))).toEqual(Array(50).fill('OK'))
  expect(await reasonOf(validator, token)).toBe('OK')
  expect(asked).toEqual([upstream.url])
})

test('a stranger is refused without a fetch, and remembered for ten seconds only', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  let asked = 0
  let isKnown = false
  const { validator, advance } = await openTenants((iss) => {
    asked += 1
    return isKnown ? trustedIssuer(iss) : undefined
  })
  expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('untrusted-issuer')
  expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('untrusted-issuer')
  expect([asked, upstream.asked]).toEqual([1, []])
  isKnown = true
  advance(11)
  expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('OK')
})

test('a tenant that is removed is shut out after ten minutes', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  let isKnown = true
  const { validator, advance } = await openTenants((iss) => (isKnown ? trustedIssuer(iss) : undefined))
  const token = jws({ alg: 'ES256', kid: 'k' }, { ...claimsOf(upstream.url), exp: T0 + 3600 }, privateKey, 'ES256')
  expect(await reasonOf(validator, token)).toBe('OK')
  isKnown = false
  advance(601)
  expect(await reasonOf(validator, token)).toBe('untrusted-issuer')
})

test('an issuer of another name than the token’s is none', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  const { validator } = await openTenants(() => trustedIssuer(upstream.url))
  expect(await reasonOf(validator, tokenOf('https://stranger.example'))).toBe('untrusted-issuer')
  expect(upstream.asked).toEqual([])
})

test('a name that no issuer can have is a stranger’s, and the function does not see it', async () => {
  const asked: string[] = []
  const { validator } = await openTenants((iss) => {
    asked.push(iss)
    return trustedIssuer(iss)
  })
  for (const iss of [
    'https://as.example?x',
    'https://as.example#x',
    'http://as.example',
    'https://u@as.example',
    'https://as example',
    'https://as.example:99999',
    'https://',
    '',
    'https://as.example/.well-known/x',
  ]) {
    expect(await reasonOf(validator, tokenOf(iss)), iss).toBe('untrusted-issuer')
  }
  expect(asked).toEqual([])
})

test('null and false are as good as undefined for a stranger', async () => {
  for (const nobody of [null, false]) {
    const { validator } = await openTenants(() => nobody as unknown as undefined)
    expect(await reasonOf(validator, tokenOf('https://stranger.example'))).toBe('untrusted-issuer')
  }
})

test('what the function throws is a failure and no refusal, and is not remembered', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  let isDown = true
  const { validator } = await openTenants((iss) => {
    if (isDown) {
      throw new RangeError('the database is down')
    }
    return trustedIssuer(iss)
  })
  await expect(validator.authenticate(request(tokenOf(upstream.url)))).rejects.toThrow(RangeError)
  isDown = false
  expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('OK')
})

test('a function that hangs holds nobody for ever', async () => {
  const { validator } = await openTenants(() => new Promise<never>(() => undefined))
  await expect(validator.authenticate(request(tokenOf('https://as.example')))).rejects.toThrow(/did not answer/)
}, 10_000)

test('slow discovery is cut off as a whole', async () => {
  const upstream = await openUpstream()
  const slow: Handler = (_request, response) => void setTimeout(() => response.writeHead(404).end(), 2000)
  const issuer = `${upstream.url}/t1`
  upstream.routes['/.well-known/oauth-authorization-server/t1'] = slow
  upstream.routes['/.well-known/openid-configuration/t1'] = slow
  upstream.routes['/t1/.well-known/openid-configuration'] = slow
  const validator = createValidator({ issuer, audience, clock: () => T0 * 1000 })
  await expect(validator.authenticate(request(tokenOf(issuer)))).rejects.toMatchObject({
    status: 503,
    reason: 'timeout',
  })
}, 10_000)

test.each(['http://keys.example/jwks', 'https://user:password@keys.example/jwks', '/jwks', ''])(
  '%j is no URL for keys',
  (keys) => {
    expect(() => trustedIssuer('my-issuer', { keys })).toThrow(TypeError)
  },
)

test('keys given inline that cannot work are a mistake that shows at start-up', () => {
  const rsa1024 = keyPair('RSA-1024').jwk
  const ed448 = keyPair('Ed448').jwk
  const useless = [
    [],
    [rsa1024],
    [ed448],
    [{ ...jwk, use: 'enc' }],
    [{ ...jwk, alg: 'RSA-OAEP' }],
    [{ kty: 'XYZ' }],
    ['x'],
    Array.from({ length: 65 }, () => jwk),
  ]
  for (const keys of useless) {
    expect(() => trustedIssuer('my-issuer', { keys: { keys: keys as JWK[] } })).toThrow(TypeError)
  }
  for (const kind of ['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const) {
    expect(() => trustedIssuer('my-issuer', { keys: { keys: [rsa1024, keyPair(kind).jwk] } })).not.toThrow()
  }
})

test('a hundred thousand made-up issuers push no real one out', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  let asked = 0
  const { validator } = await openTenants((iss) => {
    asked += iss === upstream.url ? 1 : 0
    return iss === upstream.url ? trustedIssuer(iss) : undefined
  })
  expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('OK')
  const [header, , signature] = tokenOf(upstream.url).split('.')
  for (let index = 0; index < 100_000; index += 1) {
    const claims = Buffer.from(`{"iss":"https://made-up-${index}.example"}`).toString('base64url')
    await reasonOf(validator, `${header}.${claims}.${signature}`)
  }
  expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('OK')
  expect(asked).toBe(1)
}, 30_000)

test('the keys of one URL are fetched once for all validators of the process that share a clock', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  const clock = (): number => T0 * 1000
  const validators = [audience, [audience, 'other']].map((name) =>
    createValidator({ issuer: upstream.url, audience: name, clock }),
  )
  for (const validator of validators) {
    expect(await reasonOf(validator, tokenOf(upstream.url))).toBe('OK')
  }
  expect(upstream.asked).toEqual(['/.well-known/oauth-authorization-server', '/jwks'])
})

test('keys may be given as a URL or inline, and then no metadata is asked for', async () => {
  const upstream = await openIssuerUpstream([{ ...jwk, kid: 'k' }])
  const clock = (): number => T0 * 1000
  const byUrl = trustedIssuer('my-issuer', { keys: `${upstream.url}/jwks` })
  expect(await reasonOf(createValidator({ issuer: byUrl, audience, clock }), tokenOf('my-issuer'))).toBe('OK')
  expect(upstream.asked).toEqual(['/jwks'])
  const inline = trustedIssuer('my-issuer', { keys: { keys: [{ ...jwk, kid: 'k' }] } })
  const validator = createValidator({ issuer: inline, audience, clock })
  expect(await reasonOf(validator, tokenOf('my-issuer'))).toBe('OK')
  expect(
    await reasonOf(validator, jws({ alg: 'ES256', kid: 'other' }, claimsOf('my-issuer'), privateKey, 'ES256')),
  ).toBe('unknown-key')
  expect(upstream.asked).toEqual(['/jwks'])
})

test('what scopes imply is told by the issuer, or by the validator for all of them', async () => {
  const [own, partner] = [
    await openIssuerUpstream([{ ...jwk, kid: 'k' }]),
    await openIssuerUpstream([{ ...jwk, kid: 'k' }]),
  ]
  const validator = createValidator({
    issuer: [own.url, trustedIssuer(partner.url, { scopeHierarchy: { partner: ['orders:read'] } })],
    audience,
    clock: () => T0 * 1000,
    scopeHierarchy: { admin: ['orders:write'], 'orders:write': ['orders:read'] },
  })
  const scopesOf = async (url: string, scope: string): Promise<readonly string[]> => {
    const token = jws({ alg: 'ES256', kid: 'k' }, { ...claimsOf(url), scope }, privateKey, 'ES256')
    return [...(await validator.authenticate(request(token))).scopes].toSorted()
  }
  expect(await scopesOf(own.url, 'admin')).toEqual(['admin', 'orders:read', 'orders:write'])
  expect(await scopesOf(own.url, 'partner')).toEqual(['partner'])
  expect(await scopesOf(partner.url, 'partner')).toEqual(['orders:read', 'partner'])
  expect(await scopesOf(partner.url, 'admin'), 'it has a hierarchy of its own').toEqual(['admin'])
})

test('a hierarchy of many ways is thought through once for each scope', () => {
  const layers = Array.from({ length: 60 }, (_, level) => [`a${level}`, `b${level}`])
  const below = (level: number): readonly string[] => layers[level + 1] ?? ['end']
  const scopeHierarchy = Object.fromEntries(layers.flatMap((names, level) => names.map((name) => [name, below(level)])))
  expect(() => createValidator({ issuer: 'https://as.example', audience, scopeHierarchy })).not.toThrow()
})

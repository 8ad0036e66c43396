/** Issuer functions of multi-tenant apps, and the options of `trustedIssuer`. */
import { createValidator, type ResolveIssuer, trustedIssuer, type Validator } from '@tollgate/core'
import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { hang } from '../harness/responses.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf as reasonOfWork, requestWith } from '../harness/scripted-validator.ts'
import { openTestClock, settle } from '../harness/clock.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { waitFor } from '../harness/wait-for.ts'
import { audience, T0 } from '../harness/reference.ts'

const { jwk, privateKey } = keyPair('P-256')
const keys = [{ ...jwk, kid: 'k' }]
const clock = (): number => T0 * 1000

function tokenOf(issuer: string, changes: Record<string, unknown> = {}, kid = 'k'): string {
  return jws({ alg: 'ES256', kid }, { ...claimsOf(issuer), ...changes }, privateKey, 'ES256')
}

function reasonOf(validator: Validator, token: string): Promise<string> {
  return reasonOfWork(validator.authenticate(requestWith(token)))
}

function errorOf(validator: Validator, token: string): Promise<unknown> {
  return validator.authenticate(requestWith(token)).catch((error: unknown) => error)
}

/** A validator with an `issuer` function. */
function openTenants(resolve: ResolveIssuer): { validator: Validator; advance: (seconds: number) => void } {
  let now = T0
  const validator = createValidator({ issuer: resolve, audience, clock: () => now * 1000 })
  return {
    validator,
    advance: (seconds) => {
      now += seconds
    },
  }
}

test('an issuer function is called once for each issuer', async () => {
  const issuer = await openScriptedIssuer(keys)
  const calls: string[] = []
  const { validator } = openTenants(async (iss) => {
    calls.push(iss)
    return iss === issuer.url ? trustedIssuer(iss) : undefined
  })
  const token = tokenOf(issuer.url)
  expect(await Promise.all(Array.from({ length: 50 }, () => reasonOf(validator, token)))).toEqual(Array(50).fill('OK'))
  expect(await reasonOf(validator, token)).toBe('OK')
  expect(calls).toEqual([issuer.url])
})

test('an untrusted issuer is refused without a fetch, and that result is cached for ten seconds', async () => {
  const issuer = await openScriptedIssuer(keys)
  let calls = 0
  let isKnown = false
  const { validator, advance } = openTenants((iss) => {
    calls += 1
    return isKnown ? trustedIssuer(iss) : undefined
  })
  expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('untrusted-issuer')
  expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('untrusted-issuer')
  expect([calls, issuer.paths]).toEqual([1, []])
  isKnown = true
  advance(11)
  expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('OK')
})

test('a removed tenant is refused after ten minutes', async () => {
  const issuer = await openScriptedIssuer(keys)
  let isKnown = true
  const { validator, advance } = openTenants((iss) => (isKnown ? trustedIssuer(iss) : undefined))
  const token = tokenOf(issuer.url, { exp: T0 + 3600 })
  expect(await reasonOf(validator, token)).toBe('OK')
  isKnown = false
  advance(601)
  expect(await reasonOf(validator, token)).toBe('untrusted-issuer')
})

test('a token is refused when the function returns an issuer with another name', async () => {
  const issuer = await openScriptedIssuer(keys)
  const { validator } = openTenants(() => trustedIssuer(issuer.url))
  expect(await reasonOf(validator, tokenOf('https://untrusted.example'))).toBe('untrusted-issuer')
  expect(issuer.paths).toEqual([])
})

test('the function is not called with an iss that cannot be an issuer', async () => {
  const calls: string[] = []
  const { validator } = openTenants((iss) => {
    calls.push(iss)
    return trustedIssuer(iss)
  })
  for (const iss of [
    'https://as.example?x',
    'https://as.example#x',
    'https://u@as.example',
    'https://as example',
    'https://as.example:99999',
    'https://',
    '',
    'https://as.example/.well-known/x',
  ]) {
    expect(await reasonOf(validator, tokenOf(iss)), iss).toBe('untrusted-issuer')
  }
  expect(calls).toEqual([])
})

test('a function that returns undefined, null or false makes the issuer untrusted', async () => {
  for (const untrusted of [undefined, null, false]) {
    const { validator } = openTenants(() => untrusted as undefined)
    expect(await reasonOf(validator, tokenOf('https://untrusted.example'))).toBe('untrusted-issuer')
  }
})

test('an error of the function is a failure, and is not cached', async () => {
  const issuer = await openScriptedIssuer(keys)
  let isDown = true
  const { validator } = openTenants((iss) => {
    if (isDown) {
      throw new RangeError('the database is down')
    }
    return trustedIssuer(iss)
  })
  await expect(validator.authenticate(requestWith(tokenOf(issuer.url)))).rejects.toThrow(RangeError)
  isDown = false
  expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('OK')
})

test('a function that hangs fails at its deadline of five seconds', async () => {
  const deadline = openTestClock()
  const { validator } = openTenants(() => new Promise<never>(() => undefined))
  const error = errorOf(validator, tokenOf('https://as.example'))
  await settle()
  await deadline.advance(5)
  expect(await error).toBeInstanceOf(Error)
})

test('one deadline of five seconds applies to the whole discovery', async () => {
  const deadline = openTestClock()
  const server = await openScriptedIssuer()
  const issuer = `${server.url}/t1`
  const places = [
    '/.well-known/oauth-authorization-server/t1',
    '/.well-known/openid-configuration/t1',
    '/t1/.well-known/openid-configuration',
  ]
  places.forEach((path) => (server.routes[path] = hang))
  const validator = createValidator({ issuer, audience, clock })
  const error = errorOf(validator, tokenOf(issuer))
  for (const path of places) {
    await waitFor(() => server.count(path) === 1)
    await deadline.advance(1)
  }
  await deadline.advance(2)
  expect(await error).toMatchObject({ status: 503, reason: 'timeout' })
})

test.each(['http://keys.example/jwks', 'https://user:password@keys.example/jwks', '/jwks', ''])(
  'the URL %j for keys is a TypeError',
  (url) => {
    expect(() => trustedIssuer('my-issuer', { keys: url })).toThrow(TypeError)
  },
)

test('inline keys without one usable key are a TypeError at start-up', () => {
  const rsa1024 = keyPair('RSA-1024').jwk
  const ed448 = keyPair('Ed448').jwk
  const unusable = [
    [],
    [rsa1024],
    [ed448],
    [{ ...jwk, use: 'enc' }],
    [{ ...jwk, alg: 'RSA-OAEP' }],
    [{ kty: 'XYZ' }],
    ['x'],
    Array.from({ length: 65 }, () => jwk),
  ]
  for (const candidates of unusable) {
    expect(() => trustedIssuer('my-issuer', { keys: { keys: candidates as JWK[] } })).toThrow(TypeError)
  }
  for (const kind of ['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const) {
    expect(() => trustedIssuer('my-issuer', { keys: { keys: [rsa1024, keyPair(kind).jwk] } })).not.toThrow()
  }
})

test('a flood of made-up issuers does not evict a trusted one', async () => {
  const issuer = await openScriptedIssuer(keys)
  let calls = 0
  const { validator } = openTenants((iss) => {
    calls += iss === issuer.url ? 1 : 0
    return iss === issuer.url ? trustedIssuer(iss) : undefined
  })
  expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('OK')
  const [header, , signature] = tokenOf(issuer.url).split('.')
  for (let index = 0; index < 20_000; index += 1) {
    const claims = Buffer.from(`{"iss":"https://made-up-${index}.example"}`).toString('base64url')
    await reasonOf(validator, `${header}.${claims}.${signature}`)
  }
  expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('OK')
  expect(calls).toBe(1)
})

test('validators with the same issuer and clock fetch its keys once', async () => {
  const issuer = await openScriptedIssuer(keys)
  const validators = [audience, [audience, 'other']].map((name) =>
    createValidator({ issuer: issuer.url, audience: name, clock }),
  )
  for (const validator of validators) {
    expect(await reasonOf(validator, tokenOf(issuer.url))).toBe('OK')
  }
  expect(issuer.paths).toEqual(['/.well-known/oauth-authorization-server', '/jwks'])
})

test('keys from a URL or inline need no metadata', async () => {
  const issuer = await openScriptedIssuer(keys)
  const byUrl = trustedIssuer('my-issuer', { keys: `${issuer.url}/jwks` })
  expect(await reasonOf(createValidator({ issuer: byUrl, audience, clock }), tokenOf('my-issuer'))).toBe('OK')
  expect(issuer.paths).toEqual(['/jwks'])
  const inline = trustedIssuer('my-issuer', { keys: { keys } })
  const validator = createValidator({ issuer: inline, audience, clock })
  expect(await reasonOf(validator, tokenOf('my-issuer'))).toBe('OK')
  expect(await reasonOf(validator, tokenOf('my-issuer', {}, 'other'))).toBe('unknown-key')
  expect(issuer.paths).toEqual(['/jwks'])
})

test('the scopeHierarchy of an issuer replaces that of the validator', async () => {
  const [own, partner] = [await openScriptedIssuer(keys), await openScriptedIssuer(keys)]
  const validator = createValidator({
    issuer: [own.url, trustedIssuer(partner.url, { scopeHierarchy: { partner: ['orders:read'] } })],
    audience,
    clock,
    scopeHierarchy: { admin: ['orders:write'], 'orders:write': ['orders:read'] },
  })
  const scopesOf = async (url: string, scope: string): Promise<readonly string[]> => {
    return [...(await validator.authenticate(requestWith(tokenOf(url, { scope })))).scopes].toSorted()
  }
  expect(await scopesOf(own.url, 'admin')).toEqual(['admin', 'orders:read', 'orders:write'])
  expect(await scopesOf(own.url, 'partner')).toEqual(['partner'])
  expect(await scopesOf(partner.url, 'partner')).toEqual(['orders:read', 'partner'])
  expect(await scopesOf(partner.url, 'admin')).toEqual(['admin'])
})

test('a scopeHierarchy with 2 ** 60 paths is read in linear work', () => {
  const layers = Array.from({ length: 60 }, (_, level) => [`a${level}`, `b${level}`])
  const below = (level: number): readonly string[] => layers[level + 1] ?? ['end']
  const scopeHierarchy = Object.fromEntries(layers.flatMap((names, level) => names.map((name) => [name, below(level)])))
  expect(() => createValidator({ issuer: 'https://as.example', audience, scopeHierarchy })).not.toThrow()
})

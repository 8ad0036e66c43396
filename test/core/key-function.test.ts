/** The option `keys` as a function of the header. */
import {
  createValidator,
  type KeyFunction,
  type KeyHeader,
  trustedIssuer,
  type TrustedIssuerOptions,
} from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { openTestClock, settle, type TestClock } from '../harness/clock.ts'
import { encode, jws, type KeyPair, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { claimsOf } from '../harness/scripted-issuer.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'

const issuer = 'https://as.example'
const [first, second] = [keyPair('P-256'), keyPair('P-256')]
const rsa = keyPair('RSA')
const forged = tokenOf(second)

function tokenOf({ privateKey }: KeyPair, header: object = {}): string {
  return jws({ alg: 'ES256', kid: 'k', ...header }, claimsOf(issuer, { exp: T0 + 100_000 }), privateKey, 'ES256')
}

/** A token with a made-up kid and signature. */
function forgedWith(kid: string): string {
  const [, claims = '', signature = ''] = forged.split('.')
  return [encode({ alg: 'ES256', kid }), claims, signature].join('.')
}

interface Scene {
  readonly headers: readonly KeyHeader[]
  readonly clock: TestClock
  /** `'OK'`, the `reason`, or `'500'`. */
  readonly present: (token: string) => Promise<string>
}

function open(load: KeyFunction, options: TrustedIssuerOptions = {}): Scene {
  const clock = openTestClock()
  const headers: KeyHeader[] = []
  const keys: KeyFunction = (header) => {
    headers.push(header)
    return load(header)
  }
  const validator = createValidator({ issuer: trustedIssuer(issuer, { ...options, keys }), audience, clock: clock.now })
  onTestFinished(() => validator.close())
  const present = (token: string): Promise<string> =>
    reasonOf(validator.authenticate(requestWith(token))).catch(() => '500')
  return { headers, clock, present }
}

test('the function is called once for a kid, with nothing but `alg` and `kid`', async () => {
  const { headers, present } = open(async () => ({ ...first.jwk, kid: 'k' }))
  const jwk = { ...second.jwk, kid: 'k' }
  const members = { jwk, jku: 'https://evil.example/jwks', x5u: 'https://evil.example', x5c: ['AAAA'], typ: 'at+jwt' }
  const tokens = Array.from({ length: 50 }, () => present(tokenOf(first, members)))
  expect(new Set(await Promise.all(tokens))).toEqual(new Set(['OK']))
  expect(await present(tokenOf(first))).toBe('OK')
  expect(await present(tokenOf(second, members))).toBe('bad-signature')
  expect(headers).toEqual([{ alg: 'ES256', kid: 'k' }])
  expect(Object.isFrozen(headers[0])).toBe(true)
})

test('the function is called once for each algorithm of a kid', async () => {
  const load: KeyFunction = ({ alg }) => (alg === 'ES256' ? first.jwk : undefined)
  const { headers, present } = open(load)
  expect(await present(jws({ alg: 'RS256', kid: 'k' }, claimsOf(issuer), rsa.privateKey, 'RS256'))).toBe('unknown-key')
  expect(await present(tokenOf(first))).toBe('OK')
  expect(await present(jws({ alg: 'HS256', kid: 'k' }, claimsOf(issuer), Buffer.alloc(32), 'HS256'))).toBe(
    'algorithm-not-allowed',
  )
  expect(headers.map(({ alg }) => alg)).toEqual(['RS256', 'ES256'])
})

test('a token without a kid, or with an empty one, has the kid `undefined`', async () => {
  const { headers, present } = open(() => first.jwk)
  for (const kid of [undefined, '', undefined]) {
    expect(await present(tokenOf(first, { kid }))).toBe('OK')
  }
  expect(headers).toEqual([{ alg: 'ES256', kid: undefined }])
  const nothing = open(() => undefined)
  expect(await nothing.present(tokenOf(first, { kid: undefined }))).toBe('unknown-key')
})

test('every form of keys is accepted', async () => {
  const pem = first.publicKey.export({ format: 'pem', type: 'spki' })
  const results = [first.jwk, { ...first.jwk, kid: 'k' }, { keys: [{ ...first.jwk, kid: 'k' }, second.jwk] }, pem]
  for (const result of results) {
    expect(await open(() => result).present(tokenOf(first))).toBe('OK')
    expect(await open(async () => result).present(tokenOf(first))).toBe('OK')
    expect(await open(() => result).present(tokenOf(keyPair('P-256')))).toBe('bad-signature')
  }
  // A key with another kid is not the key of this token.
  expect(await open(() => ({ ...first.jwk, kid: 'other' })).present(tokenOf(first))).toBe('unknown-key')
})

test('a removed key is refused after ten minutes, and a new one accepted after thirty seconds', async () => {
  let keys: object | undefined
  const { clock, present, headers } = open(() => keys)
  expect(await present(tokenOf(first))).toBe('unknown-key')
  keys = first.jwk
  await clock.advance(29)
  expect(await present(tokenOf(first))).toBe('unknown-key')
  await clock.advance(1.001)
  const token = tokenOf(first)
  for (let round = 0; round < 3; round += 1) {
    expect(await present(token)).toBe('OK')
  }
  keys = undefined
  await clock.advance(599)
  expect(await present(token)).toBe('OK')
  expect(headers).toHaveLength(2)
  await clock.advance(1.001)
  expect(await present(token)).toBe('unknown-key')
  keys = second.jwk
  await clock.advance(30.001)
  expect(await present(token)).toBe('bad-signature')
  expect(await present(tokenOf(second))).toBe('OK')
})

test('ten thousand made-up key ids cause a bounded number of calls, and known keys are not affected', async () => {
  const { headers, clock, present } = open(async ({ kid }) =>
    kid?.startsWith('good') === true ? first.jwk : undefined,
  )
  expect(await present(tokenOf(first, { kid: 'good-1' }))).toBe('OK')
  for (let start = 0; start < 10_000; start += 500) {
    const results = Array.from({ length: 500 }, (_, index) => present(forgedWith(`made-up-${start + index}`)))
    expect(['unknown-key', 'overloaded']).toEqual(expect.arrayContaining([...new Set(await Promise.all(results))]))
  }
  expect(headers.length).toBeLessThan(120)
  expect(await present(tokenOf(first, { kid: 'good-1' }))).toBe('OK')
  expect(await present(tokenOf(first, { kid: 'good-2' })), 'an outage, and no refusal').toBe('overloaded')
  await clock.advance(601)
  for (let index = 0; index < 200; index += 1) {
    await present(tokenOf(second, { kid: `made-up-again-${index}` }))
  }
  const before = headers.length
  // The key was known before, so that its renewal needs no room among new key ids.
  expect(await present(tokenOf(first, { kid: 'good-1' }))).toBe('OK')
  expect(headers).toHaveLength(before + 1)
  await clock.advance(1)
  expect(await present(tokenOf(first, { kid: 'good-2' }))).toBe('OK')
})

test('fifty made-up key ids in a second keep no new good key from its call', async () => {
  const { clock, present } = open(({ kid }) => (kid?.startsWith('good') === true ? first.jwk : undefined))
  for (let round = 0; round < 60; round += 1) {
    for (let index = 0; index < 50; index += 1) {
      expect(await present(forgedWith(`made-up-${round}-${index}`))).toBe('unknown-key')
    }
    expect(await present(tokenOf(first, { kid: `good-${round}` }))).toBe('OK')
    await clock.advance(1)
  }
})

test('a function that always returns the whole set is not called without a bound', async () => {
  const { headers, present } = open(async () => ({ keys: [{ ...first.jwk, kid: 'good' }] }))
  for (let index = 0; index < 500; index += 1) {
    expect(['unknown-key', 'overloaded']).toContain(await present(forgedWith(`made-up-${index}`)))
  }
  expect(headers.length).toBeLessThan(120)
})

test('made-up key ids beyond their bound cause no call', async () => {
  const { headers, present } = open(() => undefined)
  expect(await present(tokenOf(second, { kid: 'k'.repeat(1025) }))).toBe('unknown-key')
  expect(headers).toEqual([])
})

test('a thousand good keys at once are all accepted', async () => {
  const { headers, present } = open(async () => {
    await settle()
    return first.jwk
  })
  const results = Array.from({ length: 1000 }, (_, index) => present(tokenOf(first, { kid: `good-${index}` })))
  expect(new Set(await Promise.all(results))).toEqual(new Set(['OK']))
  expect(headers).toHaveLength(1000)
})

test('an error of the function is a failure, and no refusal', async () => {
  const failures = messagesOn('tollgate:failure')
  for (const load of [
    () => {
      throw new Error('down')
    },
    async () => Promise.reject(new Error('down')),
    // oxlint-disable-next-line no-throw-literal -- An application can throw anything.
    () => {
      throw undefined
    },
  ] satisfies readonly KeyFunction[]) {
    const { present } = open(load)
    expect(await present(tokenOf(first)).catch(() => '500')).toBe('500')
  }
  expect(failures.length).toBeGreaterThanOrEqual(3)
})

test('while the function fails, new key ids are failures, and none is refused', async () => {
  let isDown = true
  const { clock, present } = open(async ({ kid }) => {
    if (isDown) {
      throw new Error(`down for ${kid}`)
    }
    return first.jwk
  })
  for (let index = 0; index < 300; index += 1) {
    expect(['500', 'overloaded']).toContain(await present(tokenOf(first, { kid: `k-${index}` })))
  }
  isDown = false
  await clock.advance(1)
  expect(await present(tokenOf(first))).toBe('OK')
})

test('a failure of one kid is called again after a second, and does not affect another kid', async () => {
  let isDown = true
  const { headers, clock, present } = open(({ kid }) => {
    if (isDown && kid === 'bad') {
      throw new Error('down')
    }
    return first.jwk
  })
  for (let round = 0; round < 3; round += 1) {
    expect(await present(tokenOf(first, { kid: 'bad' }))).toBe('500')
  }
  expect(headers).toHaveLength(1)
  expect(await present(tokenOf(first, { kid: 'good' }))).toBe('OK')
  isDown = false
  await clock.advance(1.001)
  expect(await present(tokenOf(first, { kid: 'bad' }))).toBe('OK')
})

test('a function that hangs is a failure after its deadline, and its late result is not used', async () => {
  for (const [timeouts, seconds] of [
    [undefined, 5],
    [{ keys: '2s' }, 2],
  ] as const) {
    let finish: (key: object) => void = () => undefined
    const { clock, present } = open(() => new Promise((resolve) => (finish = resolve)), { timeouts })
    const result = present(tokenOf(first))
    let isOver = false
    void result.then(() => (isOver = true))
    await settle()
    await clock.advance(seconds - 0.1)
    expect(isOver).toBe(false)
    await clock.advance(0.1)
    expect(await result).toBe('500')
    finish(first.jwk)
    await settle()
    expect(await present(tokenOf(first))).toBe('500')
  }
})

test.each([
  ['a number', 7],
  ['false', false],
  ['true', true],
  ['an empty text', ''],
  ['a URL', 'https://as.example/jwks'],
  ['an empty object', {}],
  ['an empty set', { keys: [] }],
  ['no set', { keys: 'x' }],
  ['an array', [first.jwk]],
  ['a private JWK', first.privateKey.export({ format: 'jwk' })],
  ['a set with a private JWK', { keys: [second.jwk, { ...first.privateKey.export({ format: 'jwk' }), kid: 'k' }] }],
  ['a private PEM', first.privateKey.export({ format: 'pem', type: 'pkcs8' })],
  ['a secret', { kty: 'oct', k: 'AAAA' }],
  ['a key for encryption', { ...first.jwk, use: 'enc' }],
  ['a short RSA key', keyPair('RSA-1024').jwk],
  ['sixty-five keys', { keys: Array.from({ length: 65 }, () => first.jwk) }],
  [
    'five keys as PEM',
    Array.from({ length: 5 }, () => keyPair('P-256').publicKey.export({ format: 'pem', type: 'spki' })).join(''),
  ],
  ['a huge PEM', `${first.publicKey.export({ format: 'pem', type: 'spki' })}${' '.repeat(1_000_000)}`],
  ['a key object', first.publicKey],
  ['a function', () => first.jwk],
  ['an inherited key', Object.create(first.jwk)],
  [
    'a throwing getter',
    Object.defineProperty({}, 'keys', {
      get: () => {
        throw new Error('getter')
      },
      enumerable: true,
    }),
  ],
])('%s as the result is a failure, and not a refusal', async (_name, result) => {
  const { present } = open(() => result as never)
  expect(await present(tokenOf(first))).toBe('500')
})

test('null is an unknown key, like undefined', async () => {
  expect(await open(() => null as never).present(tokenOf(first))).toBe('unknown-key')
})

test('a refusal that the function throws is no refusal of this token', async () => {
  const inner = createValidator({ issuer: trustedIssuer(issuer, { keys: first.jwk }), audience })
  onTestFinished(() => inner.close())
  const { present } = open(async () => {
    await inner.authenticate(requestWith('garbage'))
    return undefined
  })
  expect(await present(tokenOf(first))).toBe('500')
})

test('the cache of results is bounded in bytes', async () => {
  const { headers, present } = open(({ kid }) => ({
    keys: Array.from({ length: 64 }, (_, index) => ({ ...rsa.jwk, kid: `${kid}${index === 0 ? '' : `-${index}`}` })),
  }))
  const tokens = Array.from({ length: 60 }, (_, index) =>
    jws({ alg: 'RS256', kid: `k-${index}` }, claimsOf(issuer), rsa.privateKey, 'RS256'),
  )
  for (const token of [...tokens, ...tokens]) {
    expect(await present(token)).toBe('OK')
  }
  // 60 sets of 64 RSA keys do not fit into 8 MiB.
  expect(headers.length).toBeGreaterThan(60)
})

test('with a function, `seed` and `secret` are option errors', () => {
  const wrong = expect.objectContaining({ code: 'ERR_INVALID_OPTION' })
  const keys: KeyFunction = () => undefined
  expect(() => trustedIssuer(issuer, { keys, seed: { keys: [first.jwk] } })).toThrow(wrong)
  expect(() => trustedIssuer(issuer, { keys, secret: 'a secret of thirty-two bytes, or a few more' })).toThrow(wrong)
})

test('two validators with one function share its calls, and two issuers do not share its results', async () => {
  let calls = 0
  const keys: KeyFunction = () => {
    calls += 1
    return first.jwk
  }
  const names = [issuer, issuer, 'https://another.example']
  const clock = (): number => T0 * 1000
  for (const name of names) {
    const validator = createValidator({ issuer: trustedIssuer(name, { keys }), audience, clock })
    onTestFinished(() => validator.close())
    const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(name), first.privateKey, 'ES256')
    expect(await reasonOf(validator.authenticate(requestWith(token)))).toBe('OK')
  }
  expect(calls).toBe(2)
})

test('`ready` calls no function, and the health is fresh', async () => {
  let calls = 0
  const keys: KeyFunction = () => {
    calls += 1
    return undefined
  }
  const validator = createValidator({ issuer: trustedIssuer(issuer, { keys }), audience })
  onTestFinished(() => validator.close())
  await validator.ready()
  expect([calls, validator.health().status]).toEqual([0, 'ok'])
})

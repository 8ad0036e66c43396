import { generateKeyPairSync } from 'node:crypto'
import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { type KeySet, parseKeySet, secretKeySet } from '../src/keys/key-set.ts'

function ec(members: object = {}): JWK {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...(publicKey.export({ format: 'jwk' }) as JWK), ...members }
}

function rsa(members: object = {}): JWK {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...(publicKey.export({ format: 'jwk' }) as JWK), ...members }
}

/** The `x` or `n` of the keys that fit. */
async function fitting(set: KeySet, header: { alg: string; kid?: string }): Promise<readonly (string | undefined)[]> {
  const keys = await set.fitting(header)
  return keys.map(({ identity }) => {
    const { x, n } = JSON.parse(identity) as JWK
    return x ?? n
  })
}

test('with a `kid` its key fits, without one every key of the right kind', async () => {
  const [a, b, c] = [ec({ kid: 'a' }), ec({ kid: 'b' }), rsa({ kid: 'c' })]
  const set = await parseKeySet({ keys: [a, b, c] }, 'a test')
  expect(await fitting(set, { alg: 'ES256', kid: 'a' })).toEqual([a.x])
  expect(await fitting(set, { alg: 'ES256', kid: 'b' })).toEqual([b.x])
  expect(await fitting(set, { alg: 'ES256' })).toEqual([a.x, b.x])
  expect(await fitting(set, { alg: 'RS256' })).toEqual([c.n])
  expect(await fitting(set, { alg: 'ES256', kid: 'c' })).toEqual([])
  expect(await fitting(set, { alg: 'ES384', kid: 'a' })).toEqual([])
})

test('a key without `kid` does not fit a header that names one', async () => {
  const [bare, named] = [ec(), ec({ kid: 'a' })]
  const set = await parseKeySet({ keys: [bare, named] }, 'a test')
  expect(await fitting(set, { alg: 'ES256', kid: 'a' })).toEqual([named.x])
  expect(await fitting(set, { alg: 'ES256', kid: 'b' })).toEqual([])
  expect(await fitting(set, { alg: 'ES256' })).toEqual([bare.x, named.x])
})

test('of several keys with one `kid` those fit that are of the right kind', async () => {
  const keys = [ec({ kid: '1' }), rsa({ kid: '1' }), ec({ kid: '1' }), ec({ kid: '1', alg: 'ES512' })]
  const set = await parseKeySet({ keys }, 'a test')
  expect(await fitting(set, { alg: 'ES256', kid: '1' })).toEqual([keys[0]?.x, keys[2]?.x])
  expect(await fitting(set, { alg: 'RS256', kid: '1' })).toEqual([keys[1]?.n])
  expect(await fitting(set, { alg: 'PS512', kid: '1' })).toEqual([keys[1]?.n])
})

test('never do more than four fit, and those are the first', async () => {
  const keys = Array.from({ length: 6 }, () => ec({ kid: 'same' }))
  const set = await parseKeySet({ keys: [rsa(), ...keys] }, 'a test')
  const firstFour = keys.slice(0, 4).map(({ x }) => x)
  expect(await fitting(set, { alg: 'ES256', kid: 'same' })).toEqual(firstFour)
  expect(await fitting(set, { alg: 'ES256' })).toEqual(firstFour)
})

test('what was chosen once is there at once, for each `alg` by itself', async () => {
  const [one, other] = [ec({ kid: 'a' }), rsa({ kid: 'a' })]
  const set = await parseKeySet({ keys: [one, other] }, 'a test')
  const chosen = await set.fitting({ alg: 'ES256', kid: 'a' })
  expect(set.fitting({ alg: 'ES256', kid: 'a' })).toBe(chosen)
  expect(set.fitting({ alg: 'RS256', kid: 'a' })).toBeInstanceOf(Promise)
  expect(await fitting(set, { alg: 'RS256', kid: 'a' })).toEqual([other.n])
  expect(await fitting(set, { alg: 'ES256', kid: 'a' })).toEqual([one.x])
  expect(await fitting(set, { alg: 'ES256' })).toEqual([one.x])
})

test('keys that are chosen at the same time are chosen alike', async () => {
  const set = await parseKeySet({ keys: [ec({ kid: 'a' }), rsa({ kid: 'b' })] }, 'a test')
  const choices = await Promise.all(
    ['ES256', 'RS256', 'ES256', 'ES512'].map(async (alg) => (await set.fitting({ alg })).length),
  )
  expect(choices).toEqual([1, 1, 1, 0])
})

test('a `kid` that is made up finds nothing, at once, and leaves nothing behind', async () => {
  const set = await parseKeySet({ keys: [ec({ kid: 'a' })] }, 'a test')
  const seen = new Set<unknown>()
  for (let round = 0; round < 1000; round += 1) {
    const found = set.fitting({ alg: 'ES256', kid: `made-up-${round}` })
    expect(found).toEqual([])
    seen.add(found)
  }
  for (const kid of ['__proto__', 'constructor', 'toString', '', 'A', 'a ']) {
    expect(set.fitting({ alg: 'ES256', kid })).toEqual([])
    expect(set.has(kid)).toBe(false)
  }
  // Each list was made for the one who asked.
  expect(seen.size).toBe(1000)
})

test('a set knows the ids that it publishes, those of keys of no use too, unless none is of use', async () => {
  const odd = { kty: 'XYZ', kid: 'odd' }
  const set = await parseKeySet({ keys: [odd, ec({ kid: 'a' })] }, 'a test')
  expect([set.isUsable, set.has('a'), set.has('odd'), set.has('b')]).toEqual([true, true, true, false])
  const useless = await parseKeySet({ keys: [odd] }, 'a test')
  expect([useless.isUsable, useless.has('odd'), useless.identities.size]).toEqual([false, false, 0])
})

test('a key is the same one whatever else is on it, and another one by any member that counts', async () => {
  const key = ec({ kid: 'a' })
  const identityOf = async (jwk: JWK): Promise<string | undefined> => {
    const { identities } = await parseKeySet({ keys: [jwk] }, 'a test')
    return [...identities][0]
  }
  const identity = await identityOf(key)
  const reversed = Object.fromEntries(Object.entries(key).toReversed()) as JWK
  expect(await identityOf(reversed)).toBe(identity)
  expect(await identityOf({ ...key, x5t: 'x', 'x-own': 1 } as JWK)).toBe(identity)
  for (const change of [{ kid: 'b' }, { alg: 'ES256' }, { use: 'sig' }, { key_ops: ['verify'] }, ec({ kid: 'a' })]) {
    const other = await identityOf({ ...key, ...change })
    expect(other).toBeTypeOf('string')
    expect(other).not.toBe(identity)
  }
})

test('the key that verifies is the one that its identity names', async () => {
  const keys = [ec({ kid: 'a' }), rsa({ kid: 'b' }), ec()]
  const set = await parseKeySet({ keys }, 'a test')
  const found = [...(await set.fitting({ alg: 'ES256' })), ...(await set.fitting({ alg: 'RS256' }))]
  expect(new Set(found.map(({ identity }) => identity))).toEqual(new Set(set.identities))
  for (const { identity, key } of found) {
    const { x, n } = (await crypto.subtle.exportKey('jwk', key as CryptoKey)) as JWK
    expect(JSON.parse(identity)).toMatchObject(x === undefined ? { n } : { x })
  }
})

test('a secret is the only key, whatever the header says', () => {
  const secret = new Uint8Array(32)
  const set = secretKeySet(secret)
  const [only] = set.fitting({ alg: 'HS256', kid: 'any' }) as unknown as { identity: string; key: unknown }[]
  expect(only?.key).toBe(secret)
  expect([...set.identities]).toEqual([only?.identity])
  expect([set.has('any'), set.isUsable]).toEqual([true, true])
})

/** The nonces of DPoP: their life, their secrets, and what is no nonce. */
import { execFile } from 'node:child_process'
import { createCipheriv, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createNonces } from '../../packages/core/src/constraints/dpop/nonces.ts'
import { T0 } from '../harness/constants.ts'

const now = T0 * 1000
const current = 'the current secret of the tests, which is long enough'
const next = 'the next secret of the tests, which is long enough'

interface Seen {
  readonly nonce: string
  readonly state: string
}

/** Another process verifies the nonce, and creates one, with the current secret and without any. */
async function inAnotherProcess(nonce: string): Promise<{ readonly shared: Seen; readonly random: Seen }> {
  const module = new URL('../../packages/core/src/constraints/dpop/nonces.ts', import.meta.url)
  const code = `
    import { createNonces } from ${JSON.stringify(module)}
    const seen = ({ create, verify }) => ({ nonce: create(${now}), state: verify(${JSON.stringify(nonce)}, ${now}) })
    const [shared, random] = [${JSON.stringify(current)}, undefined].map((secrets) => seen(createNonces(secrets)))
    console.log(JSON.stringify({ shared, random }))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
  return JSON.parse(stdout) as { readonly shared: Seen; readonly random: Seen }
}

test.each([
  [-5001, 'invalid'],
  [-5000, 'fresh'],
  [-4999, 'fresh'],
  [0, 'fresh'],
  [29_999, 'fresh'],
  [30_000, 'fresh'],
  [30_001, 'aging'],
  [59_999, 'aging'],
  [60_000, 'aging'],
  [60_001, 'invalid'],
  [Number.NaN, 'invalid'],
])('after %d ms, a nonce is %s', (age, state) => {
  const { create, verify } = createNonces(current)
  expect(verify(create(now), now + age)).toBe(state)
})

test('10,000 nonces of one moment are all different, and have the characters of RFC 9449 §8.1', () => {
  const { create, verify } = createNonces(current)
  const nonces = Array.from({ length: 10_000 }, () => create(now))
  expect(new Set(nonces).size).toBe(10_000)
  expect(nonces.filter((nonce) => !/^[\x21\x23-\x5B\x5D-\x7E]{48}$/.test(nonce))).toEqual([])
  expect(new Set(nonces.map((nonce) => verify(nonce, now)))).toEqual(new Set(['fresh']))
  // No place has one value, such as that of a counter or of a time.
  const values = Array.from({ length: 48 }, (_, place) => new Set(nonces.map((nonce) => nonce[place])).size)
  expect(Math.min(...values)).toBe(64)
})

test('a nonce serves several times', () => {
  const { create, verify } = createNonces(current)
  const nonce = create(now)
  expect([verify(nonce, now), verify(nonce, now), verify(nonce, now)]).toEqual(['fresh', 'fresh', 'fresh'])
})

describe('secrets', () => {
  test('processes with one secret know the nonces of each other, and without secrets they do not', async () => {
    const own = createNonces(Buffer.from(current))
    const { shared, random } = await inAnotherProcess(own.create(now))
    expect(shared.state).toBe('fresh')
    expect(own.verify(shared.nonce, now)).toBe('fresh')
    expect(random.state).toBe('invalid')
    expect(createNonces(undefined).verify(random.nonce, now)).toBe('invalid')
  })

  test('the first one seals, and all of them open, so that a rotation refuses no nonce', () => {
    const steps = [current, [current, next], [next, current], next].map((secrets) => createNonces(secrets))
    const states = steps.map(({ create }) => steps.map(({ verify }) => verify(create(now), now)))
    expect(states).toEqual([
      ['fresh', 'fresh', 'fresh', 'invalid'],
      ['fresh', 'fresh', 'fresh', 'invalid'],
      ['invalid', 'fresh', 'fresh', 'fresh'],
      ['invalid', 'fresh', 'fresh', 'fresh'],
    ])
  })

  test('without secrets, the validators of a process know the nonces of each other, and no secret opens them', () => {
    const [one, other] = [createNonces(undefined), createNonces(undefined)]
    expect(other.verify(one.create(now), now)).toBe('fresh')
    expect(createNonces(current).verify(one.create(now), now)).toBe('invalid')
  })

  test.each([
    ['a short one', 'hunter2'],
    ['none', []],
    ['a repeated one', [current, current]],
    ['null', null],
    ['a number', 1],
  ])('%s is an invalid option', (_name, secrets) => {
    const create = (): unknown => createNonces(secrets as string)
    expect(create).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
    expect(create).not.toThrow(/hunter2|secret of the tests/)
  })
})

describe('what is no nonce', () => {
  const { create, verify } = createNonces([current, next])

  test('a nonce with another bit at any place', () => {
    const bytes = Buffer.from(create(now), 'base64url')
    const changed = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const copy = Buffer.from(bytes)
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      return copy.toString('base64url')
    })
    expect(changed).toHaveLength(288)
    expect(changed.filter((nonce) => verify(nonce, now) !== 'invalid')).toEqual([])
  })

  test('a nonce with another character at any place', () => {
    const nonce = create(now)
    const others = Array.from('AZaz09-_+/=. "\\\n\u0000é😀')
    const changed = Array.from(nonce).flatMap((own, place) =>
      others.filter((other) => other !== own).map((other) => nonce.slice(0, place) + other + nonce.slice(place + 1)),
    )
    expect(changed.filter((text) => verify(text, now) !== 'invalid')).toEqual([])
  })

  test('the parts of two nonces', () => {
    const [one, other] = [create(now), create(now)]
    const mixed = [16, 27, 32].map((place) => one.slice(0, place) + other.slice(place))
    expect(mixed.map((nonce) => verify(nonce, now))).toEqual(['invalid', 'invalid', 'invalid'])
  })

  test('a time that another key sealed', () => {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', Buffer.from(current).subarray(0, 32), iv)
    const time = Buffer.alloc(8)
    time.writeDoubleBE(now)
    const forged = Buffer.concat([iv, cipher.update(time), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    expect(verify(forged, now)).toBe('invalid')
  })

  test.each<readonly [string, (nonce: string) => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['an empty text', () => ''],
    ['a number', () => 1],
    ['a list with a nonce', (nonce) => [nonce]],
    ['an object that turns into a nonce', (nonce) => ({ toString: () => nonce, length: 48 })],
    ['the bytes of a nonce', (nonce) => Buffer.from(nonce, 'base64url')],
    ['a shorter text', (nonce) => nonce.slice(0, -1)],
    ['a longer text', (nonce) => `${nonce}A`],
    ['a nonce with padding', (nonce) => `${nonce}==`],
    ['a nonce with a space', (nonce) => ` ${nonce}`],
    ['a nonce with a line end', (nonce) => `${nonce}\n`],
    ['two nonces', (nonce) => nonce + nonce],
    ['a text of 10 MB', (nonce) => nonce.padEnd(10_000_000, 'A')],
    ['48 times the same', () => 'A'.repeat(48)],
  ])('%s', (_name, change) => {
    const nonce = create(now)
    expect(verify(change(nonce), now)).toBe('invalid')
    expect(verify(nonce, now)).toBe('fresh')
  })
})

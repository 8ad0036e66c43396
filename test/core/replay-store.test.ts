/** The limits of the store in memory: times, numbers of keys, and clocks that are set. */
import { memoryReplayStore, type ReplayStore } from '@tollgate/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectReplayStore } from '../../packages/core/src/constraints/replay/replay-store.ts'
import { T0 } from '../harness/constants.ts'

const start = T0 * 1000
const ttl = 65_000
const maxKeysOfThumbprint = 100_000

interface ScriptedStore extends ReplayStore {
  /** Milliseconds after the start. */
  at: number
}

function openStore(): ScriptedStore {
  let at = 0
  const store = memoryReplayStore({ clock: () => start + at })
  return {
    ...store,
    get at() {
      return at
    },
    set at(time) {
      at = time
    },
  }
}

/** `true`, `false`, or the code of the error. */
async function use(store: ReplayStore, key: string, time = ttl): Promise<unknown> {
  try {
    return await store.remember(key, time)
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? (error as Error).name
  }
}

async function fill(store: ReplayStore, thumbprint: string, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    if (!(await store.remember(`${thumbprint}.${index}`, ttl))) {
      throw new Error('A new key is known')
    }
  }
}

describe('a key is known until its time is over, and at most one second longer', () => {
  test.each([
    ['a use at a full second', 0, 65_000, 65_000],
    ['a use after a full second', 1, 65_000, 66_000],
    ['a use before a full second', 999, 65_000, 66_000],
    ['an end at a full second', 500, 64_500, 65_000],
    ['an end after a full second', 500, 64_501, 66_000],
    ['a fraction', 0, 64_000.5, 65_000],
    ['a time below a millisecond', 0, 0.25, 1000],
    ['no time', 0, 0, 1000],
    ['a time that is over', 0, -5000, 1000],
  ])('%s', async (_name, at, time, end) => {
    for (const offset of [-1, 0, 1]) {
      const store = openStore()
      store.at = at
      expect(await use(store, 'thumbprint.hash', time)).toBe(true)
      expect(await use(store, 'thumbprint.hash', time)).toBe(false)
      store.at = end + offset
      expect([offset, await use(store, 'thumbprint.hash', time)]).toEqual([offset, offset >= 0])
    }
  })

  test('a second use does not change its end', async () => {
    const store = openStore()
    expect(await use(store, 'thumbprint.hash', 10_000)).toBe(true)
    store.at = 9999
    expect(await use(store, 'thumbprint.hash', ttl)).toBe(false)
    store.at = 10_000
    expect(await use(store, 'thumbprint.hash', ttl)).toBe(true)
    store.at = 74_999
    expect(await use(store, 'thumbprint.hash', ttl)).toBe(false)
  })

  test('keys with different times expire at their own', async () => {
    for (const [at, known] of [
      [9999, [30, 10, 20]],
      [10_000, [30, 20]],
      [20_000, [30]],
      [30_000, []],
    ] as const) {
      const store = openStore()
      for (const seconds of [30, 10, 20]) {
        expect(await use(store, `thumbprint.${seconds}`, seconds * 1000)).toBe(true)
      }
      store.at = at
      const uses = await Promise.all([30, 10, 20].map(async (seconds) => use(store, `thumbprint.${seconds}`)))
      expect([30, 10, 20].filter((_, index) => uses[index] === false)).toEqual(known)
    }
  })
})

describe('the numbers of keys are limited', () => {
  test('of one thumbprint to 100,000, and other thumbprints are not affected', async () => {
    const store = openStore()
    await fill(store, 'one', maxKeysOfThumbprint - 1)
    expect(await use(store, 'one.last')).toBe(true)
    expect(await use(store, 'one.more')).toBe('full-for-thumbprint')
    expect(await use(store, 'one.more')).toBe('full-for-thumbprint')
    expect(await use(store, 'one.last')).toBe(false)
    expect(await use(store, 'one.0')).toBe(false)
    expect([await use(store, 'two.more'), await use(store, 'on.more'), await use(store, 'one')]).toEqual([
      true,
      true,
      'full-for-thumbprint',
    ])
    store.at = ttl - 1
    expect(await use(store, 'one.more')).toBe('full-for-thumbprint')
    store.at = ttl
    expect(await use(store, 'one.more')).toBe(true)
  })

  test('of all to 500,000. A full store drops no live key, and has room again when keys expire', async () => {
    const store = openStore()
    for (let client = 0; client < 5; client += 1) {
      store.at = client * 1000
      await fill(store, `client-${client}`, maxKeysOfThumbprint - (client === 4 ? 1 : 0))
    }
    expect(await use(store, 'other.last')).toBe(true)
    expect([await use(store, 'other.more'), await use(store, 'client-0.more')]).toEqual(['full', 'full'])
    for (let index = 0; index < maxKeysOfThumbprint - 1; index += 997) {
      for (let client = 0; client < 5; client += 1) {
        expect(await store.remember(`client-${client}.${index}`, ttl)).toBe(false)
      }
    }
    expect(await use(store, 'other.last')).toBe(false)
    store.at = ttl - 1
    expect(await use(store, 'other.more')).toBe('full')
    store.at = ttl
    expect(await use(store, 'other.more')).toBe(true)
    // The keys of the first client have expired, and those of the others have not.
    await fill(store, 'client-5', maxKeysOfThumbprint - 1)
    expect(await use(store, 'other.again')).toBe('full')
    expect(await use(store, 'client-1.0')).toBe(false)
  })

  test('a key that expires frees its place only once, also when it is used again', async () => {
    const store = openStore()
    for (let round = 0; round < 3; round += 1) {
      await fill(store, 'one', maxKeysOfThumbprint)
      expect(await use(store, 'one.more')).toBe('full-for-thumbprint')
      expect(await use(store, 'one.99999')).toBe(false)
      store.at += ttl
    }
  })
})

describe('a clock that is set', () => {
  test('back makes keys stay, because they have not expired by it', async () => {
    const store = openStore()
    expect(await use(store, 'thumbprint.hash')).toBe(true)
    store.at = -86_400_000
    expect(await use(store, 'thumbprint.hash')).toBe(false)
    expect(await use(store, 'thumbprint.other')).toBe(true)
    store.at = ttl - 1
    expect([await use(store, 'thumbprint.hash'), await use(store, 'thumbprint.other')]).toEqual([false, true])
    store.at = ttl
    expect(await use(store, 'thumbprint.hash')).toBe(true)
  })

  test('forward and back never makes a key new before its end. Where keys may be missing, the store rejects', async () => {
    const store = openStore()
    expect(await use(store, 'thumbprint.first')).toBe(true)
    store.at = 86_400_000
    expect(await use(store, 'thumbprint.later')).toBe(true)
    store.at = 1000
    expect(await use(store, 'thumbprint.first')).toBe('clock-set-back')
    expect(await use(store, 'thumbprint.other')).toBe('clock-set-back')
    expect(await use(store, 'thumbprint.later')).toBe(false)
    store.at = ttl - 1
    expect(await use(store, 'thumbprint.first')).toBe('clock-set-back')
    store.at = ttl
    expect([await use(store, 'thumbprint.first'), await use(store, 'thumbprint.other')]).toEqual([true, true])
    store.at = 86_400_000 + ttl - 1
    expect(await use(store, 'thumbprint.later')).toBe(false)
    store.at = 86_400_000 + ttl
    expect(await use(store, 'thumbprint.later')).toBe(true)
  })

  test('back by a moment rejects no key, when no key has expired in between', async () => {
    const store = openStore()
    for (const at of [1000, 999, 5000, 4000, 4001]) {
      store.at = at
      expect(await use(store, `thumbprint.${at}`)).toBe(true)
    }
  })
})

test('with any clock, no live key is new, and no key is known a second after its end', async () => {
  const step = fc.record({
    clock: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: -20_000, max: 20_000 })),
    key: fc.integer({ min: 0, max: 5 }),
    time: fc.integer({ min: -10, max: 10_000 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const store = openStore()
      const ends = new Map<number, number>()
      for (const { clock, key, time } of steps) {
        store.at += clock
        const end = ends.get(key) ?? Number.NEGATIVE_INFINITY
        const result = await use(store, `thumbprint.${key}`, time)
        const allowed = [
          ...(store.at >= end ? [true] : []),
          ...(store.at < end + 1000 ? [false] : []),
          // It is rejected for as long as the clock is behind a key that was removed.
          ...(store.at < Math.max(...ends.values()) + 1000 ? ['clock-set-back'] : []),
        ]
        expect(allowed).toContain(result)
        if (result === true) {
          ends.set(key, store.at + Math.max(time, 1))
        }
      }
    }),
    { numRuns: 500 },
  )
})

describe('a call that is wrong rejects', () => {
  test.each([
    ['a key of 129 characters', 'x'.repeat(129), ttl],
    ['a key of 1 MB', 'x'.repeat(1_000_000), ttl],
    ['no number', 'key', Number.NaN],
    ['an endless time', 'key', Number.POSITIVE_INFINITY],
  ])('%s', async (_name, key, time) => {
    const store = openStore()
    expect(await use(store, key, time)).toBe('RangeError')
    expect(await use(store, 'x'.repeat(128))).toBe(true)
  })

  test('a clock that fails later, and that the store survives', async () => {
    let now = start
    const store = memoryReplayStore({ clock: () => now })
    now = Number.NaN
    expect(await use(store, 'thumbprint.hash')).toBe('RangeError')
    now = start
    expect(await use(store, 'thumbprint.hash')).toBe(true)
  })
})

test.each([
  ['no object', 1],
  ['a misspelt option', { clocks: Date.now }],
  ['a clock that is no function', { clock: 1 }],
  ['a clock in seconds', { clock: () => T0 }],
  ['a clock without a time', { clock: () => Number.NaN }],
])('%s is an invalid option', (_name, options) => {
  expect(() => memoryReplayStore(options as object)).toThrow(
    expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }),
  )
})

test('a replay store is an object with `remember`, and is not called at start-up', () => {
  const store = { remember: async () => Promise.reject(new Error('called')) }
  expect(expectReplayStore(store)).toBe(store)
  for (const value of [undefined, null, 'memory', [], {}, { remember: true }, store.remember]) {
    expect(() => expectReplayStore(value)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }),
    )
  }
})

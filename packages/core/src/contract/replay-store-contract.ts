import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReplayStore } from '../constraints/replay/replay-store.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { type Checks, type ContractTest, toContract } from './contract-checks.ts'

/**
 * The tests that every `ReplayStore` must pass, for any test runner: `for (const { name, run } of
 * replayStoreContract(open)) test(name, run)`.
 *
 * `open` returns an implementation. All of them use the same store, as several processes do. The store may contain other
 * keys. Tests of expiry take up to three seconds each. They do NOT test that a store rejects when it is
 * full or gone, nor that its memory is bounded.
 */
export function replayStoreContract(open: () => MaybePromise<ReplayStore>): readonly ContractTest[] {
  const checks: Checks<ReplayStore> = {
    'a key is new once, and known afterwards': async (store, key) => {
      strictEqual(await store.remember(`${key}.a`, minute), true)
      strictEqual(await store.remember(`${key}.a`, minute), false)
      strictEqual(await store.remember(`${key}.a`, minute), false)
    },
    'of 50 calls at once with one key, exactly one is the first': async (store, key) => {
      const others = await Promise.all(Array.from({ length: 4 }, async () => open()))
      for (let round = 0; round < 5; round += 1) {
        const results = await Promise.all(
          Array.from({ length: 10 }, () => [store, ...others])
            .flat()
            .map((one) => one.remember(`${key}.${round}`, minute)),
        )
        strictEqual(results.filter((isFirst) => isFirst).length, 1)
      }
    },
    'another process knows the key': async (store, key) => {
      const other = await open()
      strictEqual(await store.remember(`${key}.a`, minute), true)
      strictEqual(await other.remember(`${key}.a`, minute), false)
      strictEqual(await other.remember(`${key}.b`, minute), true)
      strictEqual(await store.remember(`${key}.b`, minute), false)
    },
    'many keys are all new, and all known afterwards': async (store, key) => {
      for (const expected of [true, false]) {
        for (let begun = 0; begun < 500; begun += 50) {
          const keys = Array.from({ length: 50 }, (_, index) => `${key}.${begun + index}`)
          const results = await Promise.all(keys.map((one) => store.remember(one, minute)))
          deepStrictEqual(new Set(results), new Set([expected]))
        }
      }
    },
    ...keyChecks,
    ...timeChecks,
  }
  return toContract(open, checks)
}

/** In milliseconds. */
const minute = 60_000

const keyChecks: Checks<ReplayStore> = {
  'similar keys are different': async (store, key) => {
    const keys = [
      `${key}.a`,
      `${key}.A`,
      `${key}.a-`,
      `${key}.a_`,
      `${key}.ab`,
      `${key}.`,
      key,
      `${key}a.a`,
      `a${key}.a`,
    ]
    for (const expected of [true, false]) {
      for (const one of keys) {
        deepStrictEqual([one, await store.remember(one, minute)], [one, expected])
      }
    }
  },
  'a key of 128 characters counts to its end': async (store, key) => {
    const start = `${key}.`.padEnd(127, 'aZ09-_')
    for (const expected of [true, false]) {
      strictEqual(await store.remember(`${start}a`, minute), expected)
      strictEqual(await store.remember(`${start}b`, minute), expected)
    }
  },
}

/** Real time is the subject. A store may forget a key up to one second late. */
const timeChecks: Checks<ReplayStore> = {
  'a key is forgotten after its time, and not before': async (store, key) => {
    strictEqual(await store.remember(`${key}.long`, minute), true)
    strictEqual(await store.remember(`${key}.short`, 1500), true)
    await sleep(700)
    strictEqual(await store.remember(`${key}.short`, 1500), false)
    await sleep(2000)
    strictEqual(await store.remember(`${key}.short`, minute), true)
    strictEqual(await store.remember(`${key}.short`, minute), false)
    strictEqual(await store.remember(`${key}.long`, minute), false)
  },
  'a second use does not change the time of a key': async (store, key) => {
    strictEqual(await store.remember(`${key}.shorter`, 1000), true)
    strictEqual(await store.remember(`${key}.shorter`, minute), false)
    strictEqual(await store.remember(`${key}.longer`, minute), true)
    strictEqual(await store.remember(`${key}.longer`, 1), false)
    await sleep(2200)
    strictEqual(await store.remember(`${key}.shorter`, minute), true)
    strictEqual(await store.remember(`${key}.longer`, minute), false)
  },
  'a time may have a fraction, and be short': async (store, key) => {
    strictEqual(await store.remember(`${key}.long`, 59_999.5), true)
    strictEqual(await store.remember(`${key}.long`, 59_999.5), false)
    strictEqual(await store.remember(`${key}.short`, 0.25), true)
    await sleep(1200)
    strictEqual(await store.remember(`${key}.short`, 0.25), true)
  },
}

import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenCache } from '../cache/token-cache.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { type Checks, type ContractTest, toContract } from './contract-checks.ts'

/**
 * The tests that every `TokenCache` must pass, for any test runner: `for (const { name, run } of
 * tokenCacheContract(open)) test(name, run)`.
 *
 * `open` returns an implementation. All of them use the same store, as several processes do. The store may contain
 * other entries. The tests take one second, because a value has to expire. They do NOT test that values are sealed.
 */
export function tokenCacheContract(open: () => MaybePromise<TokenCache>): readonly ContractTest[] {
  const checks: Checks<TokenCache> = {
    'a key without a value resolves with undefined': async (cache, key) => {
      strictEqual(await cache.get(key), undefined)
    },
    'a value expires, and not before its time': async (cache, key) => {
      await cache.set(key, 'short', 1000)
      await cache.set(`${key}-long`, 'long', 59_999.5)
      strictEqual(await cache.get(key), 'short')
      await sleep(1200)
      strictEqual(await cache.get(key), undefined)
      strictEqual(await cache.get(`${key}-long`), 'long')
    },
    'a later value replaces an earlier one, and its time': async (cache, key) => {
      await cache.set(key, 'one', 100)
      await cache.set(key, 'two', 60_000)
      await sleep(200)
      strictEqual(await cache.get(key), 'two')
    },
    'a deleted value is gone, and deleting an absent value is no error': async (cache, key) => {
      await cache.set(key, 'value', 60_000)
      await cache.delete(key)
      strictEqual(await cache.get(key), undefined)
      await cache.delete(key)
    },
    'similar keys have separate values': async (cache, key) => {
      const keys = [key, `${key}A`, `${key}a`, `${key}_`, `${key}-`]
      await Promise.all(keys.map((name) => cache.set(name, `value of ${name}`, 60_000)))
      await cache.delete(keys[1] ?? '')
      const expected = keys.map((name, index) => (index === 1 ? undefined : `value of ${name}`))
      deepStrictEqual(await Promise.all(keys.map((name) => cache.get(name))), expected)
    },
    'a value comes back unchanged': async (cache, key) => {
      for (const value of ['', ' ', '{"a":[1,"\\u0000"]}', 'üñí 🎟️ \t\r\n', 'x'.repeat(128 * 1024)]) {
        await cache.set(key, value, 60_000)
        strictEqual(await cache.get(key), value)
      }
    },
    ...leaseChecks(open),
    'an implementation over the same store has the same values': async (cache, key) => {
      const other = await open()
      await cache.set(key, 'value', 60_000)
      strictEqual(await other.get(key), 'value')
      await other.delete(key)
      strictEqual(await cache.get(key), undefined)
    },
  }
  return toContract(open, checks)
}

/** They pass for an implementation without leases, whose processes introspect by themselves. */
function leaseChecks(open: () => MaybePromise<TokenCache>): Checks<TokenCache> {
  const withLeases =
    (check: (cache: Required<TokenCache>, key: string) => Promise<void>) => async (cache: TokenCache, key: string) => {
      if (cache.acquireLease !== undefined) {
        await check(cache as Required<TokenCache>, key)
      }
    }
  return {
    'one of many gets the lease of a key': withLeases(async (cache, key) => {
      const others = await Promise.all(Array.from({ length: 4 }, async () => open()))
      const all = [cache, ...others].flatMap((one) => [one, one]) as Required<TokenCache>[]
      const leases = await Promise.all(all.map((one) => one.acquireLease(key, 60_000)))
      strictEqual(leases.filter((lease) => lease !== undefined).length, 1)
      strictEqual(typeof (await cache.acquireLease(`${key}-other`, 60_000)), 'string')
    }),
    'a lease ends by itself, and not before its time': withLeases(async (cache, key) => {
      const first = await cache.acquireLease(key, 1000)
      strictEqual(await cache.acquireLease(key, 1000), undefined)
      await sleep(1200)
      const second = await cache.acquireLease(key, 60_000)
      strictEqual(typeof second, 'string')
      notStrictEqual(second, first)
    }),
    'a lease is renewed, and no other one is': withLeases(async (cache, key) => {
      const lease = (await cache.acquireLease(key, 1000)) ?? ''
      await sleep(600)
      strictEqual(await cache.renewLease(key, lease, 2000), true)
      strictEqual(await cache.renewLease(key, 'another lease', 60_000), false)
      await sleep(600)
      strictEqual(await cache.acquireLease(key, 60_000), undefined)
      await sleep(1700)
      strictEqual(await cache.renewLease(key, lease, 60_000), false)
      strictEqual(typeof (await cache.acquireLease(key, 60_000)), 'string')
    }),
    'a value is written under the lease of its key, which ends': withLeases(async (cache, key) => {
      const lease = await cache.acquireLease(key, 60_000)
      strictEqual((await cache.set(key, 'value', 60_000, lease)) !== false, true)
      strictEqual(await cache.get(key), 'value')
      strictEqual(typeof (await cache.acquireLease(key, 60_000)), 'string')
    }),
    'a value is not written under a lease that has ended': withLeases(async (cache, key) => {
      await cache.set(key, 'before', 60_000)
      const ended = await cache.acquireLease(key, 50)
      await sleep(200)
      strictEqual(await cache.set(key, 'late', 60_000, ended), false)
      const current = await cache.acquireLease(key, 60_000)
      strictEqual(await cache.set(key, 'late', 60_000, ended), false)
      strictEqual(await cache.get(key), 'before')
      strictEqual((await cache.set(key, 'value', 60_000, current)) !== false, true)
    }),
    'a deletion ends the lease, so that a write under way comes too late': withLeases(async (cache, key) => {
      const lease = await cache.acquireLease(key, 60_000)
      await ((await open()) as Required<TokenCache>).delete(key)
      strictEqual(await cache.set(key, 'value', 60_000, lease), false)
      strictEqual(await cache.get(key), undefined)
      strictEqual(typeof (await cache.acquireLease(key, 60_000)), 'string')
    }),
    'a lease is released, and no other one is': withLeases(async (cache, key) => {
      const lease = await cache.acquireLease(key, 60_000)
      await cache.releaseLease(key, 'another lease')
      strictEqual(await cache.acquireLease(key, 60_000), undefined)
      await cache.releaseLease(key, lease ?? '')
      strictEqual(typeof (await cache.acquireLease(key, 60_000)), 'string')
      strictEqual(await cache.set(key, 'value', 60_000, lease), false)
    }),
  }
}

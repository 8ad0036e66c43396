import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenCache } from './cache/token-cache.ts'

/** One demand on an implementation; `run` rejects when it is not met. */
export interface ContractTest {
  readonly name: string
  readonly run: () => Promise<void>
}

/**
 * What every `TokenCache` has to do, as tests for whatever runner:
 * `for (const { name, run } of tokenCacheContract(open)) test(name, run)`.
 *
 * `open` gives an implementation over a store that may hold other things, and every one that it gives is over the same
 * store, as those of several processes are. The tests take half a second, for values have to expire.
 */
export function tokenCacheContract(open: () => TokenCache | Promise<TokenCache>): readonly ContractTest[] {
  const demand = (name: string, check: (cache: TokenCache, key: string) => Promise<void>): ContractTest => ({
    name,
    run: async () => check(await open(), `contract-${randomUUID()}`),
  })

  return [
    demand('a key that was never set has no value', async (cache, key) => {
      strictEqual(await cache.get(key), undefined)
    }),
    demand('a value is there until it expires', async (cache, key) => {
      await cache.set(key, 'value', 60_000)
      strictEqual(await cache.get(key), 'value')
      strictEqual(await cache.get(key), 'value')
    }),
    demand('a value is gone when it has expired, and not before', async (cache, key) => {
      await cache.set(key, 'short', 200)
      await cache.set(`${key}-long`, 'long', 10_000)
      strictEqual(await cache.get(key), 'short')
      await sleep(400)
      strictEqual(await cache.get(key), undefined)
      strictEqual(await cache.get(`${key}-long`), 'long')
    }),
    demand('a time that is no whole number is one too', async (cache, key) => {
      await cache.set(key, 'value', 59_999.5)
      strictEqual(await cache.get(key), 'value')
    }),
    demand('a later value replaces an earlier one, and its time', async (cache, key) => {
      await cache.set(key, 'one', 100)
      await cache.set(key, 'two', 60_000)
      await sleep(200)
      strictEqual(await cache.get(key), 'two')
    }),
    demand('a value that was deleted is gone, and to delete nothing is no error', async (cache, key) => {
      await cache.set(key, 'value', 60_000)
      await cache.delete(key)
      strictEqual(await cache.get(key), undefined)
      await cache.delete(key)
    }),
    demand('keys do not touch each other, however alike they look', async (cache, key) => {
      const keys = [key, `${key}A`, `${key}a`, `${key}_`, `${key}-`]
      await Promise.all(keys.map((name) => cache.set(name, `value of ${name}`, 60_000)))
      await cache.delete(keys[1] ?? '')
      deepStrictEqual(
        await Promise.all(keys.map((name) => cache.get(name))),
        keys.map((name, index) => (index === 1 ? undefined : `value of ${name}`)),
      )
    }),
    demand('texts come back as they were', async (cache, key) => {
      for (const value of ['', ' ', '{"a":[1,"\\u0000"]}', 'üñí 🎟️ \t\r\n', 'x'.repeat(256 * 1024)]) {
        await cache.set(key, value, 60_000)
        strictEqual(await cache.get(key), value)
      }
    }),
    demand('another implementation over the same store sees what this one did', async (cache, key) => {
      const other = await open()
      await cache.set(key, 'value', 60_000)
      strictEqual(await other.get(key), 'value')
      await other.delete(key)
      strictEqual(await cache.get(key), undefined)
    }),
  ]
}

/** Introspection results that processes share through a `TokenCache`. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { active, type TokenCache, type Validator } from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { T0 } from '../harness/constants.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import {
  neighbour,
  openScriptedValidator,
  reasonOf,
  requestWith,
  type ScriptedValidator,
} from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

function reasonAt(validator: Validator, token: string): Promise<string> {
  return reasonOf(validator.authenticate(requestWith(token)))
}

/** The errors that the cache reports until the test ends. */
function reportedErrors(): ReadonlySet<unknown> {
  const errors = new Set<unknown>()
  const listener = (message: unknown): void => void errors.add((message as { readonly error: unknown }).error)
  subscribe('tollgate:cache', listener)
  onTestFinished(() => void unsubscribe('tollgate:cache', listener))
  return errors
}

/** A cache whose calls of one operation wait until the test releases the oldest. */
function heldCache(operation: 'get' | 'set' | 'delete'): TokenCache & {
  readonly waiting: () => number
  readonly release: () => Promise<void>
} {
  const cache = memoryCache()
  const queue: (() => Promise<unknown>)[] = []
  return {
    ...cache,
    [operation]: async (key: string, value: string) => {
      const read = operation === 'get' ? cache.get(key) : undefined
      return new Promise((resolve) =>
        queue.push(async () =>
          resolve(await (read ?? (operation === 'set' ? cache.set(key, value, 1) : cache.delete(key)))),
        ),
      )
    },
    waiting: () => queue.length,
    release: async () => {
      await waitFor(() => queue.length > 0)
      await queue.shift()?.()
    },
  }
}

/** The application tries again until the eviction succeeds. */
async function evict(validator: Validator, token: string): Promise<void> {
  await waitFor(() =>
    validator.evict(token).then(
      () => true,
      () => false,
    ),
  )
}

async function expectEvicted(scripted: ScriptedValidator, cache: TokenCache): Promise<void> {
  expect(await scripted.reason('t'), 'in this process').toBe('inactive')
  expect(await reasonAt(neighbour(scripted, cache), 't'), 'in another process').toBe('inactive')
}

test('the second process makes no call', async () => {
  const cache = memoryCache()
  const scripted = await openScriptedValidator({ validator: { cache } })
  expect(await scripted.reason('t')).toBe('OK')
  expect(await reasonAt(neighbour(scripted, cache, T0 + 54), 't')).toBe('OK')
  expect(scripted.issuer.count('/introspect')).toBe(1)
})

test('an eviction deletes the result for every process', async () => {
  const cache = memoryCache()
  const scripted = await openScriptedValidator({ validator: { cache } })
  expect(await scripted.reason('t')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  await scripted.validator.evict('t')
  await expectEvicted(scripted, cache)
})

test('an eviction holds against a write that takes longer than 250 ms', async () => {
  const cache = heldCache('set')
  const scripted = await openScriptedValidator({ validator: { cache } })
  expect(await scripted.reason('t')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  await sleep(300)
  await expect(scripted.validator.evict('t')).rejects.toThrow(Error)
  await cache.release()
  await evict(scripted.validator, 't')
  await expectEvicted(scripted, cache)
})

test('a write that ends after a failed eviction is deleted, without another eviction', async () => {
  const cache = heldCache('set')
  const scripted = await openScriptedValidator({ validator: { cache } })
  expect(await scripted.reason('t')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  const evictions = await Promise.allSettled([scripted.validator.evict('t'), scripted.validator.evict('t')])
  expect(evictions.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await cache.release()
  await sleep(0)
  await expectEvicted(scripted, cache)
})

test('an eviction holds against overlapping writes', async () => {
  const cache = heldCache('set')
  const scripted = await openScriptedValidator({ validator: { cache } })
  for (let write = 0; write < 3; write += 1) {
    expect(await scripted.reason('t', active({ within: '0s' }))).toBe('OK')
    scripted.advance(0.001)
  }
  await expect(scripted.validator.evict('t')).rejects.toThrow(Error)
  await cache.release()
  await evict(scripted.validator, 't')
  expect(cache.waiting()).toBe(0)
  scripted.issuer.introspect = () => ({ active: false })
  await expectEvicted(scripted, cache)
})

test('an eviction of one validator holds against the write of another validator with the same cache', async () => {
  const cache = heldCache('set')
  const scripted = await openScriptedValidator({ validator: { cache } })
  const other = neighbour(scripted, cache)
  expect(await reasonAt(other, 't')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  await expect(scripted.validator.evict('t')).rejects.toThrow(Error)
  await cache.release()
  await evict(scripted.validator, 't')
  await expectEvicted(scripted, cache)
})

test('an eviction holds against a read that began before the deletion', async () => {
  const cache = heldCache('get')
  const scripted = await openScriptedValidator({ validator: { cache } })
  const other = neighbour(scripted, cache)
  const first = scripted.reason('t')
  await cache.release()
  expect(await first).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  const early = reasonAt(other, 't')
  await waitFor(() => cache.waiting() === 1)
  await other.evict('t')
  await cache.release()
  await early
  const late = reasonAt(other, 't')
  await cache.release()
  expect(await late).toBe('inactive')
})

test('an eviction holds against a request that reads the shared cache during the deletion', async () => {
  const cache = heldCache('delete')
  const scripted = await openScriptedValidator({ validator: { cache } })
  expect(await scripted.reason('t')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  const other = neighbour(scripted, cache)
  const evicted = other.evict('t')
  await waitFor(() => cache.waiting() === 1)
  expect(await reasonAt(other, 't')).toBe('OK')
  await cache.release()
  await evicted
  expect(await reasonAt(other, 't')).toBe('inactive')
})

test('the newest result is written last', async () => {
  const cache = heldCache('set')
  const scripted = await openScriptedValidator({ validator: { cache } })
  expect(await scripted.reason('t')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  scripted.advance(0.001)
  expect(await scripted.reason('t', active({ within: '0s' }))).toBe('inactive')
  await cache.release()
  await cache.release()
  const calls = scripted.issuer.count('/introspect')
  expect(await reasonAt(neighbour(scripted, cache), 't')).toBe('inactive')
  expect(scripted.issuer.count('/introspect') - calls).toBe(0)
})

const failures: Readonly<Record<string, () => Promise<never>>> = {
  rejects: () => Promise.reject(Object.assign(new Error('sentinel'), { code: 'ECONNRESET', value: 'sentinel' })),
  throws: () => {
    throw new TypeError('sentinel')
  },
  hangs: () => new Promise<never>(() => undefined),
}
const codes: Readonly<Record<string, string>> = { rejects: 'ECONNRESET', throws: 'TypeError', hangs: 'too-late' }

test.each(
  ['get', 'set', 'delete'].flatMap((operation) => Object.keys(failures).map((failure) => [operation, failure])),
)('a cache whose `%s` %s is reported, and no request fails', async (operation = '', failure = '') => {
  const errors = reportedErrors()
  const cache = { ...memoryCache(), [operation]: failures[failure] }
  const { issuer, reason, validator } = await openScriptedValidator({ validator: { cache } })
  expect(await reason('t')).toBe('OK')
  expect(await reason('t')).toBe('OK')
  expect(issuer.count('/introspect')).toBe(1)
  // A write that hangs may still put the result back.
  const isFailed = operation === 'delete' || (operation === 'set' && failure === 'hangs')
  const evicted = await Promise.allSettled([validator.evict('t')])
  expect(evicted[0].status).toBe(isFailed ? 'rejected' : 'fulfilled')
  await waitFor(() => errors.has(codes[failure]))
  issuer.introspect = () => ({ active: false })
  expect(await reason('t')).toBe(operation === 'delete' ? 'OK' : 'inactive')
})

test('a cache that hangs gets a bounded number of calls', async () => {
  const errors = reportedErrors()
  let writes = 0
  let reads = 0
  const cache: TokenCache = {
    ...memoryCache(),
    get: () => {
      reads += 1
      return reads <= 300 ? Promise.resolve(undefined) : new Promise(() => undefined)
    },
    set: () => {
      writes += 1
      return new Promise(() => undefined)
    },
  }
  const { reason } = await openScriptedValidator({ introspection: { timeout: '30s' }, validator: { cache } })
  const reasons = await Promise.all(Array.from({ length: 300 }, (_, index) => reason(`t-${index}`)))
  expect(new Set(reasons)).toEqual(new Set(['OK']))
  expect(writes).toBeLessThanOrEqual(256)
  expect(errors).toContain('overloaded')
  await Promise.all(Array.from({ length: 1500 }, (_, index) => reason(`u-${index}`)))
  expect(reads).toBeLessThanOrEqual(300 + 1024)
})

test('a value that is no string is a miss, and is reported', async () => {
  const errors = reportedErrors()
  const get = async (): Promise<string> => ({ active: true }) as unknown as string
  const { issuer, reason } = await openScriptedValidator({ validator: { cache: { ...memoryCache(), get } } })
  issuer.introspect = () => ({ active: false })
  expect(await reason('t')).toBe('inactive')
  expect(errors).toContain('no-text')
})

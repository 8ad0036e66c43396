/** The memory of the store in memory: 1,000,000 keys over more than one window, and more than it has room for. */
import { memoryReplayStore } from '@tollgate/core'
import { expect, test } from 'vitest'
import { bytesInUseAtRest } from '../harness/memory.ts'
import { T0 } from '../harness/constants.ts'

const ttl = 65_000
const total = 1_000_000
/** Measured: 50 MB and 92 MB for 500,000 keys. */
const bound = 130 * 1024 * 1024
/** Bytes of an empty store, whose tables have not become small again. */
const rest = 4 * 1024 * 1024

const hashOf = (index: number): string => String(index).padStart(43, 'h')

const clients: Readonly<Record<string, (index: number) => string>> = {
  'of six clients': (index) => String(index % 6).padStart(43, 'c'),
  'each of its own client': (index) => String(index).padStart(43, 'c'),
}

test.each(Object.entries(clients))('1,000,000 different keys %s need bounded memory', async (_name, thumbprintOf) => {
  let now = T0 * 1000
  const store = memoryReplayStore({ clock: () => now })
  // 7,500 keys a second fill the store, and leave it room: 133 s are two windows.
  const used = await growth(async () => {
    for (let index = 0; index < total; index += 1) {
      now = T0 * 1000 + Math.floor(index / 7.5)
      if (!(await store.remember(`${thumbprintOf(index)}.${hashOf(index)}`, ttl))) {
        throw new Error('A new key is known')
      }
    }
  })
  expect(used).toBeLessThan(bound)
  const recent = Array.from({ length: 400 }, (_, index) => total - 1 - index * 1000)
  for (const index of recent) {
    expect(await store.remember(`${thumbprintOf(index)}.${hashOf(index)}`, ttl)).toBe(false)
  }
  // The keys expire, and their memory is free again after some calls.
  now += ttl + 1000
  const left = await growth(async () => {
    for (let call = 0; call < 600; call += 1) {
      await store.remember('thumbprint.key', ttl)
    }
  })
  expect(used + left).toBeLessThan(rest)
})

test('of 1,000,000 keys at once, 500,000 find room, and all others are rejected', async () => {
  const store = memoryReplayStore({ clock: () => T0 * 1000 })
  const counts = { known: 0, new: 0, rejected: 0 }
  const used = await growth(async () => {
    for (let index = 0; index < total; index += 1) {
      // The client chooses the length of neither.
      const isNew = await store.remember(`${index % 100}.${index}`.padEnd(128, 'x'), ttl).catch(() => undefined)
      counts[isNew === undefined ? 'rejected' : isNew ? 'new' : 'known'] += 1
    }
  })
  expect(counts).toEqual({ known: 0, new: 500_000, rejected: 500_000 })
  expect(used).toBeLessThan(bound)
  expect(await store.remember('0.0'.padEnd(128, 'x'), ttl)).toBe(false)
})

test('one call removes a bounded number of expired keys, so that the first request after a pause is fast', async () => {
  let now = T0 * 1000
  const store = memoryReplayStore({ clock: () => now })
  for (let index = 0; index < 500_000; index += 1) {
    await store.remember(`${index}.${index}`, ttl)
  }
  now += ttl
  const begun = performance.now()
  expect(await store.remember('thumbprint.key', ttl)).toBe(true)
  // Real time is the subject. All at once would take a second, and 1,000 take some milliseconds.
  expect(performance.now() - begun).toBeLessThan(500)
})

test('a store that has run for a day, with one key a second, is as small as after a minute', async () => {
  let now = T0 * 1000
  const store = memoryReplayStore({ clock: () => now })
  const run = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds; passed += 1) {
      now += 1000
      await store.remember(`${now}.key`, ttl)
    }
  }
  await run(120)
  expect(await growth(() => run(86_400))).toBeLessThan(512 * 1024)
})

async function growth(work: () => Promise<void>): Promise<number> {
  const before = await bytesInUseAtRest()
  await work()
  return (await bytesInUseAtRest()) - before
}

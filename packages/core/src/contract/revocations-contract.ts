import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { Revocations } from '../revocation/revocations.ts'
import { type Checks, type ContractTest, toContract } from './contract-checks.ts'

/**
 * The tests that every `Revocations` must pass, for any test runner: `for (const { name, run } of
 * revocationsContract(open)) test(name, run)`.
 *
 * `open` returns an implementation with a `keepFor` of at least one minute. All of them use the same log, as several
 * processes do. The log may contain other records. They do NOT test that records are sealed, nor that old ones are
 * removed.
 */
export function revocationsContract(open: () => MaybePromise<Revocations>): readonly ContractTest[] {
  const never = new AbortController().signal
  const checks: Checks<Revocations> = {
    'a published record is read': async (log, key) => {
      const position = await endOf(log)
      await log.publish(key)
      deepStrictEqual((await log.read(position, 5000, never)).records, [key])
    },
    'a process that starts reads all records, in their order': async (log, key) => {
      const records = Array.from({ length: 20 }, (_, index) => `${key} ${index}`)
      for (const record of records) {
        await log.publish(record)
      }
      const all = await readAll(await open())
      deepStrictEqual(
        all.filter((record) => record?.startsWith(key)),
        records,
      )
    },
    'no record is read twice, and none is left out': async (log, key) => {
      let position = await endOf(log)
      const read: (string | undefined)[] = []
      for (let count = 0; count < 3; count += 1) {
        await log.publish(`${key} ${count}`)
        const found = await log.read(position, 5000, never)
        read.push(...found.records)
        position = found.position
      }
      deepStrictEqual(
        read,
        Array.from({ length: 3 }, (_, count) => `${key} ${count}`),
      )
    },
    'of many records, one read returns 1,000': async (log, key) => {
      const position = await endOf(log)
      for (let begun = 0; begun < 1050; begun += 50) {
        await Promise.all(Array.from({ length: 50 }, async () => log.publish(key)))
      }
      const first = await log.read(position, 5000, never)
      const second = await log.read(first.position, 5000, never)
      deepStrictEqual([first.records.length, second.records.length], [1000, 50])
    },
    'a record that another process publishes ends the wait': async (log, key) => {
      const position = await endOf(log)
      const reading = log.read(position, 5000, never)
      await sleep(100)
      const other = await open()
      await other.publish(key)
      deepStrictEqual((await reading).records, [key])
    },
    'a read that waits for nothing returns at once, with its position': async (log) => {
      const position = await endOf(log)
      const begun = performance.now()
      deepStrictEqual(await log.read(position, 0, never), { records: [], position })
      strictEqual(performance.now() - begun < 1000, true)
    },
    'a wait ends after its time, or when the signal aborts': async (log) => {
      const position = await endOf(log)
      deepStrictEqual((await log.read(position, 200, never)).records, [])
      const begun = performance.now()
      await log.read(position, 60_000, AbortSignal.timeout(100)).catch(() => undefined)
      strictEqual(performance.now() - begun < 30_000, true)
    },
    'a record comes back unchanged': async (log, key) => {
      const record = `${key} üñí 🎟️ \t {"a":[1,"\u0000"]} ${'x'.repeat(1000)}`
      const position = await endOf(log)
      await log.publish(record)
      deepStrictEqual((await log.read(position, 5000, never)).records, [record])
    },
  }
  return toContract(open, checks)
}

/** The position behind the last record. */
async function endOf(log: Revocations): Promise<string | undefined> {
  return (await readToEnd(log)).position
}

async function readAll(log: Revocations): Promise<readonly (string | undefined)[]> {
  return (await readToEnd(log)).records
}

async function readToEnd(
  log: Revocations,
): Promise<{ readonly records: readonly (string | undefined)[]; readonly position: string | undefined }> {
  const records: (string | undefined)[] = []
  let position: string | undefined
  for (;;) {
    const found = await log.read(position, 0, new AbortController().signal)
    if (found.records.length === 0) {
      return { records, position: found.position }
    }
    notStrictEqual(found.position, position)
    records.push(...found.records)
    position = found.position
  }
}

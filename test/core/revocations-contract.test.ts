/** The contract of `Revocations` accepts a good log, and finds the fault of each bad one. */
import { memoryRevocations, type Revocations } from '@tollgate/core'
import { revocationsContract } from '@tollgate/core/contract'
import { describe, expect, test } from 'vitest'

describe('the log in memory', () => {
  const log = memoryRevocations()
  test.each(revocationsContract(() => log))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})

const faults: Readonly<Record<string, (log: Revocations) => Partial<Revocations>>> = {
  'stores nothing': () => ({ publish: async () => undefined }),
  'returns no new position': (log) => ({
    read: async (position, ...rest) => ({ ...(await log.read(position, ...rest)), position }),
  }),
  'returns the newest record first': (log) => ({
    read: async (...args) => {
      const { records, position } = await log.read(...args)
      return { records: records.toReversed(), position }
    },
  }),
  'does not wait': (log) => ({ read: async (position, _waitFor, signal) => log.read(position, 0, signal) }),
  'leaves records out': (log) => ({
    read: async (...args) => {
      const { records, position } = await log.read(...args)
      return { records: records.slice(0, 2), position }
    },
  }),
  'changes records': (log) => ({ publish: async (record) => log.publish(record.trim().toLowerCase()) }),
}

test.each(Object.entries(faults))('a log that %s fails the contract', async (_name, change) => {
  const log = memoryRevocations()
  const results = await Promise.allSettled(
    revocationsContract(() => ({ ...log, ...change(log) })).map(({ run }) =>
      Promise.race([run(), new Promise((_resolve, reject) => setTimeout(reject, 25_000, new Error('too late')))]),
    ),
  )
  expect(results.map(({ status }) => status)).toContain('rejected')
})

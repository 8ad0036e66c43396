/** The records of a log are untrusted: anything that is not exactly ours is ignored. */
import { memoryRevocations } from '@tollgate/core'
import { expect, test } from 'vitest'
import { badLog } from '../harness/bad-log.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { openFleet, waitForEntries } from '../harness/fleet.ts'
import { waitFor } from '../harness/wait-for.ts'

test('unreadable records are ignored and counted, and the good ones among them take effect', async () => {
  const messages = messagesOn('tollgate:revocation')
  const log = badLog()
  const fleet = await openFleet({ log })
  const other = fleet.start({ revocations: log.good })
  for (let count = 0; count < 1000; count += 1) {
    await log.publish(`{"no":"record ${count}"}`)
  }
  await other.revoke({ sub: 'alice' })
  log.disturb = async (...args) => {
    const { records, position } = await log.good.read(...args)
    return {
      records: records.map((record, at) => (at % 2 === 0 && record?.includes('no') ? undefined : record)),
      position,
    }
  }
  await waitForEntries(fleet.validator, 1)
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
  expect(fleet.validator.health().revocations.state).toBe('current')
  const ignored = messages.filter(({ event }) => event === 'ignored').map(({ count }) => count)
  expect(ignored.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(1000)
})

const key = 'A'.repeat(22)
const now = 1_700_000_000_000
const day = 86_400_000

test.each<readonly [string, unknown]>([
  ['another version', [2, 'sub', key, now, now + day]],
  ['an unknown kind', [1, 'user', key, now, now + day]],
  ['a kind of the prototype', [1, 'constructor', key, now, now + day]],
  ['a short key', [1, 'sub', key.slice(1), now, now + day]],
  ['a long key', [1, 'sub', `${key}A`, now, now + day]],
  ['a key with a line end', [1, 'sub', `${key.slice(1)}\n`, now, now + day]],
  ['a key that is no text', [1, 'sub', [key], now, now + day]],
  ['times as texts', [1, 'sub', key, `${now}`, `${now + day}`]],
  ['a negative time', [1, 'sub', key, -1, now + day]],
  ['a fraction', [1, 'sub', key, now + 0.5, now + day]],
  ['an end before its begin', [1, 'sub', key, now, now - 1]],
  ['no end', [1, 'sub', key, now]],
  ['an end in a thousand years', [1, 'sub', key, now, now + 365_000 * day]],
  ['an end in 31 days', [1, 'sub', key, now, now + 31 * day]],
  ['a time beyond all dates', [1, 'sub', key, 2 ** 53 - 1, 2 ** 53 - 1]],
  ['an object', { v: 1, kind: 'sub', key, before: now, until: now + day }],
  ['null', null],
  ['a million letters', [1, 'sub', 'A'.repeat(1_000_000), now, now + day]],
  ['a good one among spaces', `${' '.repeat(1000)}${JSON.stringify([1, 'sub', key, now, now + day])}`],
])('a record with %s is ignored', async (_name, record) => {
  const messages = messagesOn('tollgate:revocation')
  const log = memoryRevocations()
  await log.publish(typeof record === 'string' ? record : JSON.stringify(record))
  await log.publish(JSON.stringify([1, 'sub', key, now, now + day]))
  const { validator } = await openFleet({ log })
  await validator.ready()
  expect(validator.health().revocations.entries).toBe(1)
  expect(messages.some(({ event, count }) => event === 'ignored' && count === 1)).toBe(true)
})

test('a record of a process whose clock is ahead revokes no later tokens', async () => {
  const log = memoryRevocations()
  const fleet = await openFleet({ log })
  const ahead = fleet.start({ revocations: { ...log }, clock: () => fleet.time.now * 1000 + 20 * day })
  await ahead.revoke({ sub: 'alice' })
  await ahead.evict('t')
  await waitForEntries(fleet.validator, 2)
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
  fleet.time.now += 62
  expect(await fleet.reason(fleet.sign({ iat: fleet.time.now }))).toBe('OK')
})

test('records that are no texts are ignored', async () => {
  const log = badLog()
  const records = [7, null, {}, ['x'], Symbol('x'), true, undefined] as never
  log.disturb = async (position) => ({ records: position === undefined ? records : [], position: 'x' })
  const { validator } = await openFleet({ log })
  await validator.ready()
  expect(validator.health().revocations.state).toBe('current')
})

test('a page of unreadable records after another leaves requests their turn', async () => {
  const log = badLog({ maxSilence: 60_000 })
  let page = 0
  log.disturb = async () => {
    page += 1
    return { records: Array.from({ length: 1000 }, () => 'x'.repeat(500)), position: `${page}` }
  }
  const fleet = await openFleet({ log })
  expect(fleet.validator.health().revocations.state).toBe('catching-up')
  expect(await fleet.reason(fleet.sign())).toBe('OK')
  expect(await fleet.reason('opaque')).toBe('OK')
  await waitFor(() => page > 20)
  expect(fleet.validator.health().revocations.state).toBe('catching-up')
})

/** A log of revocations that is gone, that lies, or that comes back. */
import { memoryRevocations, type Revocations, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { badLog, disturbances } from '../harness/bad-log.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { settle } from '../harness/clock.ts'
import { openFleet, waitForEntries } from '../harness/fleet.ts'
import { requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

const stateOf = (validator: Validator): string => validator.health().revocations.state

async function responseTo(validator: Validator, token: string): Promise<Response | 'OK'> {
  return validator.authenticate(requestWith(token)).then(
    () => 'OK' as const,
    (error: unknown) => validator.respond(error),
  )
}

/** A fleet that lost its log for a longer time than `maxSilence`. */
async function openSilentFleet(whenSilent: 'serve' | 'refuse', disturb = disturbances['rejects']) {
  const log = badLog({ whenSilent })
  const fleet = await openFleet({ log })
  await fleet.validator.ready()
  log.disturb = disturb
  // It ends the read that is under way.
  await log.publish('no record')
  const before = log.reads.length
  await waitFor(() => log.reads.length > before)
  fleet.time.now += 2
  await waitFor(() => stateOf(fleet.validator) === 'silent')
  return { ...fleet, log }
}

test('a log that fails in any way is silent, gets few reads, and is read again when it works', async () => {
  const messages = messagesOn('tollgate:revocation')
  const count = (name: string): number => messages.filter(({ event }) => event === name).length
  const all = Object.entries(disturbances)
  const fleets = await Promise.all(
    all.map(async ([name, disturb]) => {
      const log = badLog({ whenSilent: 'refuse' })
      log.disturb = disturb
      return { name, log, fleet: await openFleet({ log }) }
    }),
  )
  await waitFor(() => count('silent') === all.length)
  for (const { name, log, fleet } of fleets) {
    expect(await fleet.reason(fleet.sign()), name).toBe('revocations-silent')
    // 250, 500 and 1,000 ms lie between the first reads.
    const steps = log.reads.slice(1, 4).map((time, at) => time - (log.reads[at] ?? 0))
    expect(Math.min(...steps), name).toBeGreaterThan(200)
    expect(log.reads.length, name).toBeLessThan(100)
    log.disturb = undefined
    await log.publish('no record')
  }
  for (const { name, fleet } of fleets) {
    await waitFor(() => stateOf(fleet.validator) === 'current')
    expect(await fleet.reason(fleet.sign()), name).toBe('OK')
  }
  expect([count('silent'), count('recovered')]).toEqual([all.length, all.length])
  expect(JSON.stringify(messages)).not.toContain('secret')
})

test("with whenSilent: 'refuse', a good token gets 503 with Retry-After, and no challenge", async () => {
  const fleet = await openSilentFleet('refuse')
  for (const token of [fleet.sign(), 'opaque']) {
    for (let use = 0; use < 3; use += 1) {
      const response = (await responseTo(fleet.validator, token)) as Response
      expect([response.status, response.headers.get('WWW-Authenticate')]).toEqual([503, null])
      expect(Number(response.headers.get('Retry-After'))).toBeGreaterThanOrEqual(1)
    }
  }
})

test('without contact, a token that is known to be revoked gets 401, and so does a bad one', async () => {
  const fleet = await openSilentFleet('refuse')
  const token = fleet.sign()
  await fleet.validator.revoke({ token })
  expect(await fleet.reason(token)).toBe('revoked')
  expect(await fleet.reason(fleet.sign({ exp: 1 }))).toBe('expired')
})

test("with whenSilent: 'serve', requests continue without newer revocations, and get them later", async () => {
  const fleet = await openSilentFleet('serve')
  const other = fleet.start({ revocations: fleet.log.good })
  await other.revoke({ sub: 'alice' })
  expect(await fleet.reason(fleet.sign())).toBe('OK')
  fleet.log.disturb = undefined
  await waitForEntries(fleet.validator, 1)
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
  expect(stateOf(fleet.validator)).toBe('current')
})

test('health() reports the contact to the log', async () => {
  const fleet = await openSilentFleet('serve')
  const { status, revocations } = fleet.validator.health()
  expect(status).toBe('degraded')
  expect(revocations).toMatchObject({ state: 'silent', entries: 0 })
  const last = Number(revocations.lastContact)
  expect(last).toBeLessThan(fleet.time.now * 1000)
  fleet.log.disturb = undefined
  await waitFor(() => stateOf(fleet.validator) === 'current')
  expect(Number(fleet.validator.health().revocations.lastContact)).toBeGreaterThan(last)
})

test('without a log there is no silence', async () => {
  const fleet = await openFleet({ validator: { revocations: undefined } })
  fleet.time.now += 1_000_000
  expect(fleet.validator.health().revocations).toEqual({ state: 'current', entries: 0, lastContact: undefined })
  await fleet.validator.ready()
})

test('a clock that is set back does not hide the silence', async () => {
  const log = badLog({ whenSilent: 'refuse' })
  const fleet = await openFleet({ log })
  await fleet.validator.ready()
  log.disturb = disturbances['rejects']
  fleet.time.now -= 10_000
  await waitFor(() => stateOf(fleet.validator) !== 'current')
  expect(stateOf(fleet.validator)).toBe('silent')
})

test('before the first catch-up, ready() rejects, and requests are served or refused as configured', async () => {
  for (const whenSilent of ['serve', 'refuse'] as const) {
    const log = badLog({ whenSilent, maxSilence: 3_600_000 })
    log.disturb = disturbances['rejects']
    const fleet = await openFleet({ log })
    await expect(fleet.validator.ready()).rejects.toMatchObject({ reason: 'revocations-silent', status: 503 })
    expect(stateOf(fleet.validator)).toBe('catching-up')
    expect(fleet.validator.health().status).toBe('degraded')
    expect(await fleet.reason(fleet.sign())).toBe(whenSilent === 'serve' ? 'OK' : 'revocations-silent')
    const ready = fleet.validator.ready({ within: '60s' })
    log.disturb = undefined
    await ready
    expect(stateOf(fleet.validator)).toBe('current')
    expect(await fleet.reason(fleet.sign())).toBe('OK')
  }
})

test('ready() waits for the read that is under way', async () => {
  const log = badLog()
  await log.publish('no record')
  log.disturb = async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, 300))
    return log.good.read(...args)
  }
  const fleet = await openFleet({ log })
  await fleet.validator.ready()
  expect(stateOf(fleet.validator)).toBe('current')
})

test('ready() ends when the validator is closed', async () => {
  const log = badLog()
  log.disturb = disturbances['hangs']
  const fleet = await openFleet({ log })
  const ready = fleet.validator.ready({ within: '60s' })
  await settle()
  await fleet.validator.close()
  await expect(ready).rejects.toThrow(/closed/)
})

test('contact of validators that are closed does not count for a new one', async () => {
  const log = badLog({ whenSilent: 'refuse' })
  const fleet = await openFleet({ log })
  await fleet.validator.ready()
  await fleet.validator.close()
  log.disturb = disturbances['rejects']
  const again = fleet.start()
  await expect(again.ready()).rejects.toMatchObject({ reason: 'revocations-silent' })
  expect(await fleet.reason(fleet.sign(), again)).toBe('revocations-silent')
})

test('after a failure, a read does not wait for a record, so that the contact is known at once', async () => {
  const good = memoryRevocations()
  const waits: boolean[] = []
  const read: Revocations['read'] = async (position, milliseconds, signal) => {
    waits.push(milliseconds > 0)
    return waits.length === 2 ? Promise.reject(new Error('down')) : good.read(position, milliseconds, signal)
  }
  await openFleet({ log: { ...good, maxSilence: 1000, read } })
  await waitFor(() => waits.length >= 4)
  expect(waits.slice(0, 4)).toEqual([false, true, false, true])
})

test('a log that does not wait is read a few times a second', async () => {
  const log = badLog({ maxSilence: 60_000 })
  log.disturb = async (position) => ({ records: [], position })
  await openFleet({ log })
  await waitFor(() => log.reads.length === 3)
  const [, second = 0, third = 0] = log.reads
  expect(third - second).toBeGreaterThan(200)
})

test('a log that loses its records takes no revocation back', async () => {
  const log = badLog()
  const fleet = await openFleet({ log })
  const other = fleet.start({ revocations: log.good })
  await other.revoke({ sub: 'alice' })
  await waitForEntries(fleet.validator, 1)
  const empty: Revocations = memoryRevocations()
  log.disturb = (...args) => empty.read(...args)
  await empty.publish('no record')
  const before = log.reads.length
  await waitFor(() => log.reads.length > before + 2)
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
})

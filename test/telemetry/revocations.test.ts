/** The metric of the log of revocations, and the warning about short revocations. */
import { memoryRevocations } from '@tollgate/core'
import { expect, test } from 'vitest'
import { badLog, disturbances } from '../harness/bad-log.ts'
import { messagesOn } from '../harness/channel-messages.ts'
import { openFleet, signFor, waitForEntries } from '../harness/fleet.ts'
import { waitFor } from '../harness/wait-for.ts'
import { catchWarnings } from '../harness/warnings.ts'
import { T0 } from '../harness/constants.ts'
import { openRecording } from './recording.ts'

test('the reads of the log are counted by their events', async () => {
  catchWarnings()
  const recording = openRecording()
  const messages = messagesOn('tollgate:revocation')
  const log = badLog()
  const fleet = await openFleet({ log })
  const other = fleet.start({ revocations: log.good })
  await other.revoke({ sub: 'alice' })
  await log.publish('no record')
  await waitForEntries(fleet.validator, 1)
  log.disturb = disturbances['rejects']
  await waitFor(() => messages.some(({ event }) => event === 'silent'))
  log.disturb = undefined
  await waitFor(() => messages.some(({ event }) => event === 'recovered'))
  const counts = await recording.sumsBy('tollgate.revocation.events', 'tollgate.event')
  const events = Object.keys(counts)
  expect(events.toSorted()).toEqual(['failed', 'ignored', 'received', 'recovered', 'silent'])
  for (const [event, count] of Object.entries(counts)) {
    expect(count).toBe(messages.filter((message) => message.event === event).length)
  }
  expect(messages.filter(({ event }) => event === 'failed').map(({ error }) => error)).toContain('ECONNREFUSED')
})

test('tokens that live longer than a revocation are a misconfiguration, once per issuer', async () => {
  const warnings = catchWarnings()
  const messages = messagesOn('tollgate:misconfiguration')
  const fleet = await openFleet({ log: memoryRevocations({ keepFor: '1h' }) })
  const token = (exp: number | undefined) => signFor(fleet.issuer.url, { iat: T0, exp, jti: `${exp}` })
  expect(await fleet.reason(token(T0 + 3600))).toBe('OK')
  expect(messages).toEqual([])
  for (const exp of [T0 + 3601, T0 + 3601, T0 + 7200]) {
    expect(await fleet.reason(token(exp))).toBe('OK')
  }
  const { url } = fleet.issuer
  expect(messages).toEqual([{ event: 'short-revocations', issuer: url, message: expect.any(String) as string }])
  expect(warnings).toHaveLength(1)
})

test('opaque tokens that do not say how long they live are one, too', async () => {
  catchWarnings()
  const messages = messagesOn('tollgate:misconfiguration')
  const fleet = await openFleet()
  fleet.issuer.introspect = () => fleet.issuer.active({ exp: undefined })
  expect(await fleet.reason('t')).toBe('OK')
  expect(messages.map(({ event }) => event)).toEqual(['short-revocations'])
})

test('a validator that revokes nothing warns of nothing', async () => {
  catchWarnings()
  const messages = messagesOn('tollgate:misconfiguration')
  const fleet = await openFleet({ validator: { revocations: undefined } })
  expect(await fleet.reason(fleet.sign({ exp: T0 + 1e6 }))).toBe('OK')
  expect(messages).toEqual([])
  await fleet.validator.revoke({ sub: 'bob' })
  expect(await fleet.reason(fleet.sign({ exp: T0 + 1e6 }))).toBe('OK')
  expect(messages.map(({ event }) => event)).toEqual(['short-revocations'])
})

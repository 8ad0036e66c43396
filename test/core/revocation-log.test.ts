/** Revocations and their log: publication, the start and the end of a process, and the end of a revocation. */
import { memoryRevocations, type Revocations } from '@tollgate/core'
import { expect, test } from 'vitest'
import { type Fleet, openFleet, waitForEntries } from '../harness/fleet.ts'

test('when the log fails, `revoke` rejects, and the token is refused in this process', async () => {
  const log = { ...memoryRevocations(), publish: () => Promise.reject(new Error('down')) }
  const fleet = await openFleet({ log })
  await expect(fleet.validator.revoke({ sub: 'alice' })).rejects.toThrow('down')
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
  expect(await fleet.reason(fleet.sign(), fleet.start({ revocations: memoryRevocations() }))).toBe('OK')
})

test.each<readonly [string, Revocations['publish']]>([
  ['hangs', () => new Promise(() => undefined)],
  [
    'throws at once',
    () => {
      throw new Error('down')
    },
  ],
  // oxlint-disable-next-line prefer-promise-reject-errors
  ['rejects with nothing', () => Promise.reject(undefined)],
])('`revoke` rejects when the log %s', async (_name, publish) => {
  const fleet = await openFleet({ log: { ...memoryRevocations(), publish } })
  const isRevoked = await fleet.validator.revoke({ sub: 'alice' }).then(
    () => true,
    () => false,
  )
  expect(isRevoked).toBe(false)
  expect(await fleet.reason(fleet.sign())).toBe('revoked')
})

test('a process that starts later knows all earlier revocations when it is ready', async () => {
  const fleet = await openFleet()
  for (let count = 0; count < 2500; count += 1) {
    await fleet.validator.revoke({ jti: `${count}` })
  }
  await fleet.validator.revoke({ jti: 'j-1' })
  const late = fleet.start()
  await late.ready()
  expect(await fleet.reason(fleet.sign(), late)).toBe('revoked')
  const alone: Fleet = await openFleet({ log: { ...fleet.log } })
  await alone.validator.ready()
  expect(alone.validator.health().revocations.entries).toBe(2501)
})

test('a validator that is closed twice does not end the reading of another one', async () => {
  const fleet = await openFleet()
  const [second, third] = [fleet.start(), fleet.start({ revocations: { ...fleet.log } })]
  await fleet.validator.close()
  await fleet.validator.close()
  await third.revoke({ sub: 'alice' })
  await waitForEntries(second, 1)
  expect(await fleet.reason(fleet.sign(), second)).toBe('revoked')
})

test('reading ends with the last validator, and begins again with the next', async () => {
  const log = memoryRevocations()
  let reads = 0
  const counted: Revocations = {
    ...log,
    maxSilence: 1000,
    read: (...args) => {
      reads += 1
      return log.read(...args)
    },
  }
  const fleet = await openFleet({ log: counted })
  const other = fleet.start()
  await other.ready()
  await fleet.validator.close()
  await other.close()
  const before = reads
  const elsewhere = fleet.start({ revocations: { ...log } })
  await elsewhere.revoke({ sub: 'alice' })
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(reads).toBe(before)
  const again = fleet.start()
  await again.ready()
  expect(await fleet.reason(fleet.sign(), again)).toBe('revoked')
})

test('revocations end, and are removed, when no token can be as old', async () => {
  const fleet = await openFleet({ log: memoryRevocations({ keepFor: '1h' }) })
  const other = fleet.start()
  for (let count = 0; count < 100; count += 1) {
    await fleet.validator.revoke({ jti: `${count}` })
  }
  await waitForEntries(other, 100)
  fleet.time.now += 3600
  await fleet.validator.revoke({ jti: 'j-1', issuer: fleet.issuer.url })
  expect(fleet.validator.health().revocations.entries).toBe(101)
  fleet.time.now += 1800
  expect(fleet.validator.health().revocations.entries).toBe(1)
  expect(await fleet.reason(fleet.sign(), other)).toBe('revoked')
})

/** With a log of revocations, an eviction concerns the caches of all processes. */
import { active, trustedIssuer, type ValidatorOptions } from '@tollgate/core'
import { expect, test } from 'vitest'
import { badLog } from '../harness/bad-log.ts'
import { type Fleet, openFleet, waitForEntries } from '../harness/fleet.ts'
import { leasingCache } from '../harness/memory-cache.ts'
import { json } from '../harness/responses.ts'
import { client } from '../harness/scripted-api.ts'
import { reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

/** The caches of the processes, besides those in their memory. */
const caches: Readonly<Record<string, () => Partial<ValidatorOptions>>> = {
  'no shared cache': () => ({}),
  'a shared cache': () => ({ cache: leasingCache() }),
}

const deactivate = ({ issuer }: Fleet): void => {
  issuer.introspect = () => ({ active: false })
}

test.each(Object.entries(caches))('with %s, other processes introspect an evicted token again', async (_name, open) => {
  const fleet = await openFleet({ validator: open() })
  const others = [fleet.start(), fleet.start()]
  for (const validator of [fleet.validator, ...others]) {
    expect(await fleet.reason('t', validator)).toBe('OK')
    expect(await fleet.reason('u', validator)).toBe('OK')
  }
  const calls = fleet.issuer.count('/introspect')
  deactivate(fleet)
  fleet.time.now += 1
  await fleet.validator.evict('t')
  await Promise.all(others.map(async (validator) => waitForEntries(validator, 1)))
  // The clock of the process that writes a result may be ahead by the tolerance.
  fleet.time.now += 6
  for (const validator of [fleet.validator, ...others]) {
    expect(await fleet.reason('t', validator)).toBe('inactive')
    expect(await fleet.reason('u', validator)).toBe('OK')
  }
  expect(fleet.issuer.count('/introspect')).toBe(calls + (calls === 2 ? 1 : 3))
})

test('results after the eviction are cached again', async () => {
  const fleet = await openFleet()
  const other = fleet.start()
  await fleet.validator.evict('t')
  await waitForEntries(other, 1)
  fleet.time.now += 0.001
  for (let use = 0; use < 3; use += 1) {
    expect(await fleet.reason('t', other)).toBe('OK')
  }
  expect(fleet.issuer.count('/introspect')).toBe(1)
})

test.each(Object.entries(caches))(
  'with %s, a result that was requested before the eviction serves no later request of another process',
  async (_name, open) => {
    const fleet = await openFleet({ validator: open() })
    const other = fleet.start()
    const release = Promise.withResolvers<void>()
    const before = fleet.issuer.active()
    fleet.issuer.routes['/introspect'] = async (request, response) => {
      await release.promise
      json(before)(request, response)
    }
    const early = fleet.reason('t', other)
    await waitFor(() => fleet.issuer.count('/introspect') === 1)
    fleet.issuer.routes['/introspect'] = json({ active: false })
    fleet.time.now += 1
    await fleet.validator.evict('t')
    await waitForEntries(other, 1)
    fleet.time.now += 1
    const late = fleet.reason('t', other)
    await waitFor(() => fleet.issuer.count('/introspect') === 2)
    release.resolve()
    expect([await early, await late]).toEqual(['OK', 'inactive'])
    for (const validator of [other, fleet.validator]) {
      expect(await fleet.reason('t', validator)).toBe('inactive')
    }
  },
)

test('an old entry that comes back into the shared cache is not used', async () => {
  const cache = leasingCache()
  const fleet = await openFleet({ validator: { cache } })
  const other = fleet.start()
  expect(await fleet.reason('t')).toBe('OK')
  const [[key, entry] = ['', '']] = cache.entries
  deactivate(fleet)
  fleet.time.now += 1
  await fleet.validator.evict('t')
  await waitForEntries(other, 1)
  cache.entries.set(key, entry)
  fleet.time.now += 1
  expect([await fleet.reason('t'), await fleet.reason('t', other)]).toEqual(['inactive', 'inactive'])
})

test('the eviction of a JWT concerns the guard `active` of all processes', async () => {
  const fleet = await openFleet()
  const other = fleet.start()
  const token = fleet.sign()
  const reason = () => reasonOf(other.authenticate(requestWith(token), active({ within: '60s' })))
  expect(await reason()).toBe('OK')
  deactivate(fleet)
  fleet.time.now += 1
  await fleet.validator.evict(token)
  await waitForEntries(other, 1)
  expect(await reason()).toBe('inactive')
})

test('the eviction works for the issuers of a function', async () => {
  const fleet = await openFleet({
    validator: {
      issuer: (iss) =>
        trustedIssuer(iss, {
          formats: 'opaque',
          introspection: { client, parameters: () => ({ parameters: { resource: 'x' } }) },
          network: 'any',
        }),
    },
  })
  const other = fleet.start()
  const token = fleet.sign()
  expect([await fleet.reason(token), await fleet.reason(token, other)]).toEqual(['OK', 'OK'])
  deactivate(fleet)
  fleet.time.now += 1
  await fleet.validator.evict(token)
  await waitForEntries(other, 1)
  expect([await fleet.reason(token), await fleet.reason(token, other)]).toEqual(['inactive', 'inactive'])
})

test('when the shared cache fails, `evict` rejects, and the other processes know of it', async () => {
  const cache = { ...leasingCache(), delete: () => Promise.reject(new Error('down')) }
  const fleet = await openFleet({ validator: { cache } })
  const other = fleet.start()
  expect(await fleet.reason('t', other)).toBe('OK')
  deactivate(fleet)
  fleet.time.now += 1
  await expect(fleet.validator.evict('t')).rejects.toThrow(Error)
  await waitForEntries(other, 1)
  fleet.time.now += 1
  expect([await fleet.reason('t'), await fleet.reason('t', other)]).toEqual(['inactive', 'inactive'])
})

test('when the log fails, `evict` rejects, and the token is evicted here and in the shared cache', async () => {
  const cache = leasingCache()
  const log = { ...badLog(), publish: () => Promise.reject(new Error('down')) }
  const fleet = await openFleet({ log, validator: { cache } })
  expect(await fleet.reason('t')).toBe('OK')
  deactivate(fleet)
  fleet.time.now += 1
  await expect(fleet.validator.evict('t')).rejects.toThrow('down')
  expect(cache.entries.size).toBe(0)
  expect(await fleet.reason('t')).toBe('inactive')
})

test('an eviction in a fraction of a millisecond concerns the results before it, and ends', async () => {
  const fleet = await openFleet()
  const other = fleet.start()
  fleet.time.now += 0.000_2
  expect(await fleet.reason('t', other)).toBe('OK')
  deactivate(fleet)
  fleet.time.now += 0.000_3
  await fleet.validator.evict('t')
  await waitForEntries(other, 1)
  expect(await fleet.reason('t', other)).toBe('inactive')
  fleet.time.now += 3600
  expect(other.health().revocations.entries).toBe(0)
})

test('evictions end after an hour', async () => {
  const fleet = await openFleet()
  for (let count = 0; count < 100; count += 1) {
    await fleet.validator.evict(`${count}`)
  }
  expect(fleet.validator.health().revocations.entries).toBe(100)
  fleet.time.now += 3600
  expect(fleet.validator.health().revocations.entries).toBe(0)
})

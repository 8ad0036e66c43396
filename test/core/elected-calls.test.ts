/** One process introspects a token for all processes that share a cache with leases. */
import { setTimeout as sleep } from 'node:timers/promises'
import { active, type TokenCache, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { leasingCache } from '../harness/memory-cache.ts'
import { json, status } from '../harness/responses.ts'
import {
  neighbour,
  openScriptedValidator,
  reasonOf,
  requestWith,
  type ScriptedValidator,
} from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

interface Fleet extends ScriptedValidator {
  readonly validators: readonly Validator[]
}

/** Four processes. The introspection endpoint takes some time. */
async function openFleet(cache: TokenCache, milliseconds = 50): Promise<Fleet> {
  const scripted = await openScriptedValidator({ validator: { cache } })
  const { issuer } = scripted
  issuer.routes['/introspect'] = async (request, response) => {
    const result = issuer.introspect('')
    await sleep(milliseconds)
    json(result)(request, response)
  }
  return {
    ...scripted,
    validators: [scripted.validator, ...Array.from({ length: 3 }, () => neighbour(scripted, cache))],
  }
}

function reasonAt(validator: Validator, token: string): Promise<string> {
  return reasonOf(validator.authenticate(requestWith(token)))
}

async function reasonsOfAll({ validators }: Fleet, token: string, requests: number): Promise<ReadonlySet<string>> {
  const each = validators.flatMap((validator) => Array.from({ length: requests }, () => reasonAt(validator, token)))
  return new Set(await Promise.all(each))
}

/** A cache in which another process takes the first lease, and dies. */
function afterDeath(leaseFor: number): TokenCache {
  const cache = leasingCache()
  let isFirst = true
  return {
    ...cache,
    acquireLease: async (key, expiresIn) => {
      if (isFirst) {
        isFirst = false
        await cache.acquireLease(key, leaseFor)
      }
      return cache.acquireLease(key, expiresIn)
    },
  }
}

test('a new token in all processes at once causes one call', async () => {
  const fleet = await openFleet(leasingCache())
  expect(await reasonsOfAll(fleet, 't', 50)).toEqual(new Set(['OK']))
  expect(fleet.issuer.count('/introspect')).toBe(1)
})

test('an inactive token does, too', async () => {
  const fleet = await openFleet(leasingCache())
  fleet.issuer.introspect = () => ({ active: false })
  expect(await reasonsOfAll(fleet, 't', 50)).toEqual(new Set(['inactive']))
  expect(fleet.issuer.count('/introspect')).toBe(1)
})

test('when the elected process dies, the end of its lease causes one more call', async () => {
  const fleet = await openFleet(afterDeath(400))
  expect(await reasonsOfAll(fleet, 't', 10)).toEqual(new Set(['OK']))
  expect(fleet.issuer.count('/introspect')).toBe(1)
})

test('no process waits for ever, whatever the cache says', async () => {
  const cache: TokenCache = { ...leasingCache(), acquireLease: async () => undefined }
  const { reason, issuer } = await openScriptedValidator({ introspection: { timeout: '200ms' }, validator: { cache } })
  const begun = performance.now()
  expect(await reason('t')).toBe('OK')
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(issuer.count('/introspect')).toBe(1)
})

test('while the issuer hangs, the processes do not fail one after another', async () => {
  const fleet = await openFleet(leasingCache())
  fleet.issuer.routes['/introspect'] = () => undefined
  const begun = performance.now()
  expect(await reasonsOfAll(fleet, 't', 2)).toEqual(new Set(['timeout']))
  // One call takes 3 s, and the others begin after 3.5 s at the latest.
  expect(performance.now() - begun).toBeLessThan(9500)
})

test('a call that takes longer than a lease is made by one process', async () => {
  const fleet = await openFleet(leasingCache(), 2300)
  expect(await reasonsOfAll(fleet, 't', 5)).toEqual(new Set(['OK']))
  expect(fleet.issuer.count('/introspect')).toBe(1)
})

test('a call that fails ends the lease, so that another process can try at once', async () => {
  const fleet = await openFleet(leasingCache())
  const { issuer, validators } = fleet
  const works = issuer.routes['/introspect']
  issuer.routes['/introspect'] = (request, response) => {
    issuer.routes['/introspect'] = works ?? status(500)
    status(503)(request, response)
  }
  const [first, second] = validators
  expect(first && (await reasonAt(first, 't'))).toBe('upstream-error')
  const begun = performance.now()
  expect(second && (await reasonAt(second, 't'))).toBe('OK')
  expect(performance.now() - begun).toBeLessThan(3000)
})

test('a result that was requested before an eviction is kept by no process', async () => {
  const fleet = await openFleet(leasingCache(), 200)
  const [first, second, third] = fleet.validators as [Validator, Validator, Validator]
  const early = reasonAt(first, 't')
  await waitFor(() => fleet.issuer.count('/introspect') === 1)
  fleet.issuer.introspect = () => ({ active: false })
  await second.evict('t')
  expect(await early).toBe('OK')
  await waitFor(async () => (await reasonAt(first, 't')) === 'inactive')
  expect(await reasonAt(third, 't')).toBe('inactive')
  expect(fleet.issuer.count('/introspect')).toBe(2)
})

test('the guard active does not wait for a call that began before', async () => {
  const fleet = await openFleet(leasingCache(), 500)
  const [first, second] = fleet.validators as [Validator, Validator]
  const early = reasonAt(first, 't')
  await waitFor(() => fleet.issuer.count('/introspect') === 1)
  const recent = reasonOf(second.authenticate(requestWith('t'), active({ within: '0s' })))
  await waitFor(() => fleet.issuer.count('/introspect') === 2)
  expect([await early, await recent]).toEqual(['OK', 'OK'])
})

const broken: Readonly<Record<string, Partial<TokenCache>>> = {
  'cannot give a lease': { acquireLease: () => Promise.reject(new Error('down')) },
  'hangs when it gives a lease': { acquireLease: () => new Promise(() => undefined) },
  'gives a lease that is no text': { acquireLease: async () => 1 as unknown as string },
  'cannot end a lease': { releaseLease: () => Promise.reject(new Error('down')) },
  'cannot renew a lease': { renewLease: () => Promise.reject(new Error('down')) },
  'ends every lease early': { set: async () => false },
}

test.each(Object.entries(broken))('no request fails with a cache that %s', async (_name, fault) => {
  const { reason, issuer } = await openScriptedValidator({ validator: { cache: { ...leasingCache(), ...fault } } })
  expect(await reason('t')).toBe('OK')
  issuer.introspect = () => ({ active: false })
  expect(await reason('u')).toBe('inactive')
})

test('a cache with a part of the leases is an invalid option', async () => {
  const { releaseLease: _releaseLease, ...cache } = leasingCache()
  await expect(openScriptedValidator({ validator: { cache } })).rejects.toThrow(/it lacks releaseLease/)
})

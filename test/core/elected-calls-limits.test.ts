/** A cache with leases that fails, or that an attacker writes to: what a lease may cost, and what it must not change. */
import { setTimeout as sleep } from 'node:timers/promises'
import { active, type TokenCache, type Validator } from '@tollgate/core'
import { expect, test } from 'vitest'
import { T0 } from '../harness/constants.ts'
import { leasingCache } from '../harness/memory-cache.ts'
import { json } from '../harness/responses.ts'
import type { ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { neighbour, openScriptedValidator, reasonOf, requestWith } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

function reasonAt(validator: Validator, token: string): Promise<string> {
  return reasonOf(validator.authenticate(requestWith(token)))
}

/** The endpoint responds with the result of the time of the request, some time later. */
function respondAfter(issuer: ScriptedIssuer, milliseconds: number): void {
  issuer.routes['/introspect'] = async (request, response) => {
    const result = issuer.introspect('')
    await sleep(milliseconds)
    json(result)(request, response)
  }
}

/** A cache that counts its calls. */
function countingCache(): { readonly cache: TokenCache; readonly counts: { calls: number } } {
  const inner = leasingCache()
  const counts = { calls: 0 }
  const counted =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      counts.calls += 1
      return call(...args)
    }
  return { cache: { ...inner, get: counted(inner.get), acquireLease: counted(inner.acquireLease) }, counts }
}

test('a result that was requested before an eviction does not come back when its process got no lease', async () => {
  const inner = leasingCache()
  let isDown = true
  const cache: TokenCache = {
    ...inner,
    acquireLease: async (key, expiresIn) =>
      isDown ? Promise.reject(new Error('down')) : inner.acquireLease(key, expiresIn),
  }
  const scripted = await openScriptedValidator({ validator: { cache } })
  const [second, third] = [neighbour(scripted, cache), neighbour(scripted, cache)]
  respondAfter(scripted.issuer, 200)
  const early = scripted.reason('t')
  await waitFor(() => scripted.issuer.count('/introspect') === 1)
  isDown = false
  scripted.issuer.introspect = () => ({ active: false })
  await second.evict('t')
  expect(await early).toBe('OK')
  expect(inner.entries.size).toBe(0)
  expect([await reasonAt(second, 't'), await reasonAt(third, 't')]).toEqual(['inactive', 'inactive'])
})

test('a result that is outdated when it arrives ends its lease', async () => {
  const cache = leasingCache()
  const scripted = await openScriptedValidator({ introspection: { cacheFor: '1s' }, validator: { cache } })
  const { issuer, advance, reason } = scripted
  issuer.routes['/introspect'] = (request, response) => {
    advance(1.5)
    json(issuer.introspect(''))(request, response)
  }
  const begun = performance.now()
  expect([await reason('t'), await reason('t')]).toEqual(['OK', 'OK'])
  expect(performance.now() - begun).toBeLessThan(1500)
})

test('a result that is too long for the cache ends its lease', async () => {
  const cache = leasingCache()
  const scripted = await openScriptedValidator({ validator: { cache } })
  const { issuer, reason } = scripted
  const works = issuer.introspect
  // 50 KB in the response become 200 KB in the cache.
  const long = `,"n":[${'1e20,'.repeat(10_000)}0]}`
  issuer.routes['/introspect'] = (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(works('t')).replace(/\}$/, long))
  }
  expect(await reason('t')).toBe('OK')
  const begun = performance.now()
  expect(await reasonAt(neighbour(scripted, cache), 't')).toBe('OK')
  expect(performance.now() - begun).toBeLessThan(1500)
  expect(cache.entries.size).toBe(0)
})

test('requests that demand a recent result share one call, and its looks into the cache', async () => {
  const { cache, counts } = countingCache()
  const { issuer, reason, advance } = await openScriptedValidator({ validator: { cache } })
  expect(await reason('t')).toBe('OK')
  advance(40)
  counts.calls = 0
  respondAfter(issuer, 200)
  const requests: Promise<string>[] = []
  for (let request = 0; request < 200; request += 1) {
    requests.push(reason('t', active({ within: '30s' })))
    advance(0.001)
    await sleep(0)
  }
  expect(new Set(await Promise.all(requests))).toEqual(new Set(['OK']))
  expect(issuer.count('/introspect')).toBe(2)
  expect(counts.calls).toBeLessThan(10)
})

test('a request does not get a result that is recent enough for an earlier request only', async () => {
  const inner = leasingCache()
  let delay = 0
  const cache: TokenCache = {
    ...inner,
    get: async (key) => {
      await sleep(delay)
      return inner.get(key)
    },
  }
  const scripted = await openScriptedValidator({ validator: { cache, clockTolerance: '0s' } })
  expect(await scripted.reason('t')).toBe('OK')
  const other = neighbour(scripted, cache, T0 + 20)
  expect(await reasonOf(other.authenticate(requestWith('t'), active({ within: '0s' })))).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  scripted.advance(50)
  delay = 100
  const first = scripted.reason('t', active({ within: '30s' }))
  await sleep(20)
  scripted.advance(0.001)
  const second = scripted.reason('t', active({ within: '30s' }))
  expect([await first, await second]).toEqual(['OK', 'inactive'])
})

test('an older entry that was put back does not replace a newer result of this process', async () => {
  const cache = leasingCache()
  const { issuer, reason, advance } = await openScriptedValidator({ validator: { cache } })
  expect(await reason('t')).toBe('OK')
  const old = new Map(cache.entries)
  advance(10)
  issuer.introspect = () => ({ active: false })
  expect(await reason('t', active({ within: '0s' }))).toBe('inactive')
  advance(15)
  old.forEach((value, key) => cache.entries.set(key, value))
  expect(await reason('t')).toBe('inactive')
})

test('a validator that closes does not wait for the call of another process', async () => {
  const cache: TokenCache = { ...leasingCache(), acquireLease: async () => undefined }
  const { issuer, validator } = await openScriptedValidator({ validator: { cache } })
  const waiting = reasonAt(validator, 't')
  await sleep(100)
  expect(issuer.count('/introspect')).toBe(0)
  const begun = performance.now()
  await validator.close()
  await waiting
  expect(performance.now() - begun).toBeLessThan(1000)
})

/** How many calls introspection makes: cached results, joint calls, refreshes and evictions in one process. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpaqueAccessToken } from '@tollgate/core'
import { expect, test } from 'vitest'
import { T0 } from '../harness/constants.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { json, status } from '../harness/responses.ts'
import { openScriptedValidator, type ScriptedValidator } from '../harness/scripted-validator.ts'
import { waitFor } from '../harness/wait-for.ts'

function calls({ issuer }: ScriptedValidator): number {
  return issuer.count('/introspect')
}

/** The issuer responds when the test says so. */
function holdResponses({ issuer }: ScriptedValidator): { waiting: () => number; release: () => void } {
  const waiting: (() => void)[] = []
  issuer.routes['/introspect'] = (request, response) =>
    waiting.push(() => json(issuer.active({ sub: issuer.url }))(request, response))
  return { waiting: () => waiting.length, release: () => waiting.splice(0).forEach((respond) => respond()) }
}

test('500 simultaneous requests with ten tokens cause ten calls to each of two issuers behind one cache', async () => {
  const cache = memoryCache()
  const both = await Promise.all([
    openScriptedValidator({ validator: { cache } }),
    openScriptedValidator({ validator: { cache } }),
  ])
  for (const scripted of both) {
    const server = holdResponses(scripted)
    const tokens = Array.from({ length: 500 }, (_, index) => scripted.authenticate(`token-${index % 10}`))
    await waitFor(() => server.waiting() === 10)
    server.release()
    expect(new Set((await Promise.all(tokens)).map(({ subject }) => subject))).toEqual(new Set([scripted.issuer.url]))
    await scripted.authenticate('token-0')
    expect(calls(scripted)).toBe(10)
  }
})

test('a token in use is introspected again before its result expires, and no request waits for that', async () => {
  const scripted = await openScriptedValidator()
  const { advance, authenticate, reason } = scripted
  const introspectedAt = async (): Promise<number> =>
    Number(((await authenticate('t')) as OpaqueAccessToken).introspectedAt)
  const first = await introspectedAt()
  advance(47)
  expect(await introspectedAt()).toBe(first)
  expect(calls(scripted)).toBe(1)
  const server = holdResponses(scripted)
  advance(1)
  expect(await introspectedAt()).toBe(first)
  expect(await reason('t')).toBe('OK')
  await waitFor(() => server.waiting() === 1)
  server.release()
  await waitFor(async () => (await introspectedAt()) > first)
  advance(47)
  expect(await reason('t')).toBe('OK')
  expect(calls(scripted)).toBe(2)
})

test('a revocation that a refresh finds counts from the next request on', async () => {
  const scripted = await openScriptedValidator()
  expect(await scripted.reason('t')).toBe('OK')
  scripted.issuer.introspect = () => ({ active: false })
  scripted.advance(50)
  expect(await scripted.reason('t')).toBe('OK')
  await waitFor(async () => (await scripted.reason('t')) === 'inactive')
  expect(calls(scripted)).toBe(2)
})

test('a failed refresh changes nothing before the result expires, and is repeated once a second', async () => {
  const scripted = await openScriptedValidator()
  const { advance, issuer, reason } = scripted
  expect(await reason('t')).toBe('OK')
  issuer.routes['/introspect'] = status(404)
  advance(50)
  for (let request = 0; request < 20; request += 1) {
    expect(await reason('t')).toBe('OK')
    await sleep(2)
  }
  await waitFor(() => calls(scripted) === 2)
  advance(1)
  expect(await reason('t')).toBe('OK')
  await waitFor(() => calls(scripted) === 3)
  advance(9)
  expect(await reason('t')).toBe('not-found')
})

test('an expired token is not introspected again while its result is cached', async () => {
  const scripted = await openScriptedValidator({ validator: { clockTolerance: '0s' } })
  const { advance, issuer, reason } = scripted
  issuer.introspect = () => issuer.active({ exp: T0 + 10 })
  expect(await reason('t')).toBe('OK')
  advance(10)
  expect(await reason('t')).toBe('expired')
  advance(9)
  expect(await reason('t')).toBe('expired')
  expect(calls(scripted)).toBe(1)
  advance(1)
  issuer.introspect = () => ({ active: false })
  expect(await reason('t')).toBe('inactive')
})

test('a result that was requested before an eviction is not cached after it', async () => {
  const scripted = await openScriptedValidator()
  const { issuer, reason, validator } = scripted
  const introspect = issuer.routes['/introspect']
  const server = holdResponses(scripted)
  const early = reason('t')
  await waitFor(() => server.waiting() === 1)
  await validator.evict('t')
  server.release()
  expect(await early).toBe('OK')
  issuer.routes['/introspect'] = introspect ?? status(404)
  issuer.introspect = () => ({ active: false })
  expect(await reason('t')).toBe('inactive')
})

test('evicting an unknown token is no error, and evicting a value that is no token is a TypeError', async () => {
  const { validator } = await openScriptedValidator()
  const foreignJwt = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.AAAA`
  for (const token of ['t', 'a.b.c', foreignJwt]) {
    await expect(validator.evict(token)).resolves.toBeUndefined()
  }
  await expect(validator.evict(undefined as unknown as string)).rejects.toThrow(TypeError)
})

test('setting the clock back does not bring the result of a revoked token back', async () => {
  const { advance, issuer, reason } = await openScriptedValidator()
  expect(await reason('t')).toBe('OK')
  issuer.introspect = () => ({ active: false })
  for (const seconds of [-100, 0, 100]) {
    advance(seconds)
    expect(await reason('t')).toBe('inactive')
  }
})

test('a clock that returns NaN accepts no token', async () => {
  let now = T0 * 1000
  const { reason } = await openScriptedValidator({ validator: { clock: () => now } })
  now = NaN
  expect(await reason('t')).toBe('expired')
})

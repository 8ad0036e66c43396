/** No interleaving of requests accepts a token on a host for which the `issuer` function returns `undefined`. */
import { active, createValidator, type ResolveIssuer, scopes, trustedIssuer, type Validator } from '@tollgate/core'
import { createRequestAuth } from '@tollgate/core/adapter'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hostOf, requestFor } from '../harness/hosts.ts'
import { jws, keyPair } from '../harness/jws.ts'
import { audience, T0 } from '../harness/reference.ts'
import { client } from '../harness/scripted-api.ts'
import { claimsOf, openScriptedIssuer } from '../harness/scripted-issuer.ts'
import { reasonOf } from '../harness/scripted-validator.ts'

const { jwk, privateKey } = keyPair('P-256')
const keys = { keys: [{ ...jwk, kid: 'k' }] }
const hosts = ['a.example', 'b.example', 'c.example']

/** When the function reads the request, by the name of the issuer, and the hosts on which it trusts that issuer. */
const issuers = {
  'https://first.example': { reads: 'at once', on: ['a.example'] },
  'https://second.example': { reads: 'late', on: ['b.example', 'c.example'] },
  'https://fresh.example': { reads: 'late', on: ['c.example'] },
  'https://nowhere.example': { reads: 'at once', on: [] },
  'https://everywhere.example': { reads: 'never', on: hosts },
  'https://stranger.example': { reads: 'never', on: [] },
} as const satisfies Record<string, { readonly reads: 'at once' | 'late' | 'never'; readonly on: readonly string[] }>

type Name = keyof typeof issuers
const names = Object.keys(issuers) as Name[]
const trusted = new Map(names.map((name) => [name, trustedIssuer(name, { keys })]))
const tokens = new Map(
  names.map((name) => [name, jws({ alg: 'ES256', kid: 'k' }, claimsOf(name), privateKey, 'ES256')]),
)

const isTrusted = (name: Name, host: string): boolean => (issuers[name].on as readonly string[]).includes(host)

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A function that waits before and after it reads the request, each time for so many turns of the event loop. */
function functionWith(delays: readonly (readonly [before: number, after: number])[]): ResolveIssuer {
  let calls = 0
  return (iss, request) => {
    const [before, after] = delays[(calls += 1) % delays.length] ?? [0, 0]
    const name = iss as Name
    const resultOn = (host: string) =>
      isTrusted(name, host)
        ? name === 'https://fresh.example'
          ? trustedIssuer(name, { keys })
          : trusted.get(name)
        : undefined
    if (issuers[name].reads === 'never') {
      return turns(before + after).then(() => resultOn(hosts[0] ?? ''))
    }
    if (issuers[name].reads === 'at once' && before + after === 0) {
      return resultOn(hostOf(request) ?? '')
    }
    if (issuers[name].reads === 'at once') {
      const host = hostOf(request) ?? ''
      return turns(after).then(() => resultOn(host))
    }
    return turns(before).then(async () => {
      const host = hostOf(request) ?? ''
      await turns(after)
      return resultOn(host)
    })
  }
}

interface Arrival {
  readonly name: Name
  readonly host: string
  readonly turn: number
}

/** Sends all requests, each at its turn. Returns those with another result than that of their own host. */
async function wrongResults(validator: Validator, arrivals: readonly Arrival[]): Promise<readonly unknown[]> {
  const results = arrivals.map(async ({ name, host, turn }) => {
    await turns(turn)
    const request = requestFor(host, tokens.get(name) ?? '')
    const fast = createRequestAuth({ validator, preflights: 'authenticate' }, () => request).known({}, scopes('read'))
    const reason = await reasonOf(validator.authenticate(request))
    const isRight = reason === (isTrusted(name, host) ? 'OK' : 'untrusted-issuer')
    const isFastRight = fast === undefined || issuers[name].reads === 'never'
    return isRight && isFastRight ? [] : [{ name, host, turn, reason, fast: fast !== undefined }]
  })
  return (await Promise.all(results)).flat()
}

const delay = fc.tuple(fc.nat(3), fc.nat(3))
const arrival = fc.record({ name: fc.constantFrom(...names), host: fc.constantFrom(...hosts), turn: fc.nat(6) })

test('each of many interleaved requests gets the result of its own host', async () => {
  const accepted = { fast: 0 }
  await fc.assert(
    fc.asyncProperty(
      fc.array(delay, { minLength: 1, maxLength: 6 }),
      fc.array(arrival, { minLength: 2, maxLength: 30 }),
      fc.constantFrom('memory' as const, 'off' as const),
      async (delays, arrivals, cache) => {
        const issuer = functionWith(delays)
        const validator = createValidator({ issuer, audience, clock: () => T0 * 1000, cache })
        for (let wave = 0; wave < 3; wave += 1) {
          expect(await wrongResults(validator, arrivals)).toEqual([])
        }
        accepted.fast += validator.health().caches.jwt.hits
        await validator.close()
      },
    ),
    { numRuns: 100 },
  )
  // The property says nothing about caches that serve nothing.
  expect(accepted.fast).toBeGreaterThan(100)
})

test('the guard active and an eviction change nothing about that', async () => {
  const server = await openScriptedIssuer(keys.keys)
  const tenant = trustedIssuer(server.url, { introspection: { client } })
  const token = jws({ alg: 'ES256', kid: 'k' }, claimsOf(server.url), privateKey, 'ES256')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom('a.example', 'b.example', 'evict'), fc.nat(4), fc.nat(2)), { maxLength: 20 }),
      async (steps) => {
        const validator = createValidator({
          issuer: async (iss, request) => {
            await turns(1)
            const host = hostOf(request)
            await turns(1)
            return iss === server.url && host === 'a.example' ? tenant : undefined
          },
          audience,
          clock: () => T0 * 1000,
        })
        const results = steps.map(async ([host, turn, within]) => {
          await turns(turn)
          if (host === 'evict') {
            await validator.evict(token)
            return []
          }
          const work = validator.authenticate(requestFor(host, token), active({ within: `${within}s` }))
          const reason = await reasonOf(work)
          return reason === (host === 'a.example' ? 'OK' : 'untrusted-issuer') ? [] : [{ host, reason }]
        })
        expect((await Promise.all(results)).flat()).toEqual([])
        await validator.close()
      },
    ),
    { numRuns: 50 },
  )
})

/** What comes back from a sealed cache is untrusted: a writer of the store makes no token active. */
import { type TokenCache, trustedIssuer } from '@tollgate/core'
import { redisTokenCache } from '@tollgate/redis'
import { expect } from 'vitest'
import type { Adapter } from '../harness/adapters.ts'
import { openApi } from '../harness/api.ts'
import { audience, T0 } from '../harness/constants.ts'
import { client } from '../harness/scripted-api.ts'
import { openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { type ScriptedRedis, scriptedRedis } from '../harness/scripted-redis.ts'
import { verifies } from '../harness/verifies.ts'
import { waitFor } from '../harness/wait-for.ts'

const [first, second] = ['a secret of the tests, 32 characters', 'another secret of the tests, as long']

interface Scene {
  readonly issuer: ScriptedIssuer
  readonly redis: ScriptedRedis
  /** Presents a token to a process that has just started. Its memory is empty. */
  readonly present: (token: string, secrets?: readonly string[]) => Promise<string>
}

async function open(adapter: Adapter): Promise<Scene> {
  const issuer = await openScriptedIssuer()
  issuer.introspect = (token) => issuer.active({ active: token === 'good' })
  const redis = scriptedRedis()
  return {
    issuer,
    redis,
    present: async (token, secrets = [first]) => {
      const cache: TokenCache = redisTokenCache(redis, { secrets })
      const trusted = trustedIssuer(issuer.url, { introspection: { client } })
      const api = await openApi(adapter, { protection: { issuer: trusted, audience, clock: () => T0 * 1000, cache } })
      const outcome = await api.present(token)
      // The validator writes its result, and ends its lease, after the response.
      await waitFor(() => ![...redis.values.keys()].some((key) => key.endsWith(':lease')))
      return outcome
    },
  }
}

verifies('INT-13', 'a value that another one replaces is a miss, and makes no token active', async (adapter) => {
  const { issuer, redis, present } = await open(adapter)
  expect(await present('good')).toBe('OK')
  const [[goodKey, good] = ['', '']] = redis.values
  redis.values.clear()
  expect(await present('bad')).toBe('E-TOK')
  const [key = ''] = redis.values.keys()
  const [bad = ''] = redis.values.values()
  const middle = Math.floor(good.length / 2)
  const flipped = `${good.slice(0, middle)}${good[middle] === 'A' ? 'B' : 'A'}${good.slice(middle + 1)}`
  const plain = JSON.stringify({ version: 2, key, introspectedAt: T0 * 1000, response: issuer.active() })
  const forgeries = ['{}', 'null', '[]', 'x', plain, good, flipped, bad.slice(0, -1), `${bad}A`, 'x'.repeat(1_000_000)]
  for (const forgery of forgeries) {
    redis.values.set(key, forgery)
    const before = issuer.count('/introspect')
    expect(await present('bad')).toBe('E-TOK')
    expect(issuer.count('/introspect') - before, forgery.slice(0, 80)).toBe(1)
  }
  // The original value is a hit, so that each forgery was a miss because of its fault.
  redis.values.set(goodKey, good)
  const before = issuer.count('/introspect')
  expect(await present('good')).toBe('OK')
  expect(issuer.count('/introspect')).toBe(before)
  expect([...redis.values.values()].join()).not.toMatch(/alice|good/)
})

verifies('INT-13', 'secrets rotate: the first one seals, and all of them open', async (adapter) => {
  const { issuer, present } = await open(adapter)
  const steps = [
    [[first], 1],
    [[first, second], 0],
    [[second, first], 0],
    [[second], 1],
    [[second, first], 0],
  ] as const
  for (const [secrets, calls] of steps) {
    const before = issuer.count('/introspect')
    expect(await present('good', secrets)).toBe('OK')
    expect(issuer.count('/introspect') - before, secrets.join()).toBe(calls)
  }
})

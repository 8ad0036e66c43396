/** What introspection remembers, shares and asks again, by the number of its calls. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CacheMessage,
  createValidator,
  type OpaqueAccessToken,
  scopes,
  type TokenCache,
  trustedIssuer,
} from '@tollgate/core'
import { expect, onTestFinished, test } from 'vitest'
import { type Asking, openAsking, reasonOf, requestWith } from '../harness/asking.ts'
import { client } from '../harness/introspecting.ts'
import { memoryCache } from '../harness/memory-cache.ts'
import { audience, T0 } from '../harness/reference.ts'
import { type Handler, json, status } from '../harness/upstream.ts'
import { until } from '../harness/until.ts'

/** Does all the work, so much of it at once. */
async function inParallel<Result>(
  atOnce: number,
  total: number,
  work: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < total) {
      const index = next
      next += 1
      results[index] = await work(index)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return results
}

function delayed(milliseconds: number, { server }: Asking): Handler {
  return (request, response) =>
    void setTimeout(() => json(server.active({ sub: `of ${server.url}` }))(request, response), milliseconds)
}

/** A server that answers when it is told to, and says how many wait. */
function held({ server }: Asking): { waiting: () => number; release: () => void } {
  const waiting: (() => void)[] = []
  server.misbehave = (request, response) => waiting.push(() => json(server.active())(request, response))
  return { waiting: () => waiting.length, release: () => waiting.splice(0).forEach((answer) => answer()) }
}

/** Two servers, each with a validator of its own, behind one cache. */
function openBoth(): Promise<readonly Asking[]> {
  const cache = memoryCache()
  return Promise.all([openAsking({ validator: { cache } }), openAsking({ validator: { cache } })])
}

test('10,000 requests over 100 tokens are 100 questions to each of two servers that gave out the same, behind one cache', async () => {
  const both = await openBoth()
  await Promise.all(
    both.map(async (api) => {
      api.server.misbehave = delayed(5, api)
      const subjects = await inParallel(
        64,
        10_000,
        async (index) => (await api.authenticate(`token-${index % 100}`)).subject,
      )
      expect(new Set(subjects)).toEqual(new Set([`of ${api.server.url}`]))
      expect(api.server.asked).toHaveLength(100)
    }),
  )
}, 30_000)

test('1,000 simultaneous requests with one new token are one question to each of two servers, behind one cache', async () => {
  const both = await openBoth()
  await Promise.all(
    both.map(async (api) => {
      api.server.misbehave = delayed(5, api)
      const subjects = await inParallel(1000, 1000, async () => (await api.authenticate('token')).subject)
      expect(new Set(subjects)).toEqual(new Set([`of ${api.server.url}`]))
      expect(api.server.asked).toHaveLength(1)
    }),
  )
})

test('a token in use is asked about again while its verdict still serves, and nobody waits for that', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  api.advance(47)
  expect(await api.reason('t')).toBe('OK')
  expect(api.server.asked).toHaveLength(1)
  const server = held(api)
  const askedAt = async (): Promise<Date> => ((await api.authenticate('t')) as OpaqueAccessToken).introspectedAt
  api.advance(1)
  const first = await askedAt()
  expect(await api.reason('t')).toBe('OK')
  await until(() => server.waiting() === 1)
  server.release()
  api.server.misbehave = undefined
  expect(api.server.asked).toHaveLength(2)
  await until(async () => Number(await askedAt()) > Number(first))
  // Beyond the first verdict's time the second serves.
  api.advance(47)
  expect(await api.reason('t')).toBe('OK')
  expect(api.server.asked).toHaveLength(2)
})

test('a revocation that is noticed ahead of time counts from the next request on', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  api.server.answer = () => ({ active: false })
  api.advance(50)
  expect(await api.reason('t')).toBe('OK')
  await until(async () => (await api.reason('t')) === 'inactive')
  expect(api.server.asked).toHaveLength(2)
})

test('a refresh that fails harms nobody before the time is up, and is tried once a second', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  api.server.misbehave = status(404)
  api.advance(50)
  for (let request = 0; request < 20; request += 1) {
    expect(await api.reason('t')).toBe('OK')
    await sleep(2)
  }
  await until(() => api.server.asked.length === 2)
  api.advance(1)
  expect(await api.reason('t')).toBe('OK')
  await until(() => api.server.asked.length === 3)
  api.advance(9)
  expect(await api.reason('t')).toBe('not-found')
})

test('an issuer whose answers name no audience is told of, once', async () => {
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  subscribe('tollgate:misconfiguration', listener)
  onTestFinished(() => void unsubscribe('tollgate:misconfiguration', listener))
  const api = await openAsking()
  api.server.answer = () => api.server.active({ aud: undefined })
  expect([await api.reason('t'), await api.reason('u')]).toEqual(['missing-audience', 'missing-audience'])
  expect(told).toEqual([
    {
      event: 'missing-audience',
      issuer: api.server.url,
      message: expect.stringContaining("missingAudience: 'trust'") as string,
    },
  ])
})

test('a token that is about to expire is not asked about again', async () => {
  const api = await openAsking({ validator: { clockTolerance: '0s' } })
  const now = Number(api.server.active()['iat']) + 60
  api.server.answer = () => api.server.active({ exp: now + 10 })
  expect(await api.reason('t')).toBe('OK')
  api.advance(10)
  expect(await api.reason('t')).toBe('expired')
  api.advance(9)
  expect(await api.reason('t')).toBe('expired')
  expect(api.server.asked).toHaveLength(1)
  api.advance(1)
  api.server.answer = () => ({ active: false })
  expect(await api.reason('t')).toBe('inactive')
})

test('an eviction makes the next request ask, even one that comes while an answer is under way', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  await api.validator.evict('t')
  const server = held(api)
  const underWay = api.reason('t')
  await until(() => server.waiting() === 1)
  await api.validator.evict('t')
  server.release()
  expect(await underWay).toBe('OK')
  api.server.misbehave = undefined
  api.server.answer = () => ({ active: false })
  expect(await api.reason('t')).toBe('inactive')
  expect(api.server.asked).toHaveLength(3)
  await expect(api.validator.evict('a.b.c')).resolves.toBeUndefined()
})

test('an eviction is not undone by who asks meanwhile, and finds the token in the shared cache still', async () => {
  const cache = memoryCache()
  const deletions: (() => void)[] = []
  let reading = Promise.resolve()
  const slow: TokenCache = {
    ...cache,
    get: async (key) => {
      const value = cache.entries.get(key)
      await reading
      return value
    },
    delete: async (key) => {
      await new Promise<void>((resolve) => deletions.push(resolve))
      cache.entries.delete(key)
    },
  }
  const isDeleting = (): Promise<void> => until(() => deletions.length > 0)
  const api = await openAsking({ validator: { cache: slow } })
  expect(await api.reason('t')).toBe('OK')
  expect(await api.reason('u')).toBe('OK')
  api.server.answer = () => ({ active: false })

  const evicted = api.validator.evict('t')
  await isDeleting()
  await api.reason('t')
  deletions.shift()?.()
  await evicted
  expect(await api.reason('t')).toBe('inactive')

  // In another process, which has begun to read when the deletion ends.
  const other = createValidator({
    issuer: trustedIssuer(api.server.url, { introspection: { client } }),
    audience,
    cache: slow,
    clock: () => T0 * 1000,
  })
  let read = (): void => undefined
  reading = new Promise((resolve) => (read = resolve))
  const evictedThere = other.evict('u')
  await isDeleting()
  const meanwhile = reasonOf(other.authenticate(requestWith('u')))
  await sleep(10)
  deletions.shift()?.()
  await evictedThere
  read()
  await meanwhile
  expect(await reasonOf(other.authenticate(requestWith('u')))).toBe('inactive')
})

test('an eviction waits for what is being written to the shared cache', async () => {
  const cache = memoryCache()
  const slow: TokenCache = {
    ...cache,
    set: (key, value, expiresIn) => sleep(50).then(() => cache.set(key, value, expiresIn)),
  }
  const api = await openAsking({ validator: { cache: slow } })
  expect(await api.reason('t')).toBe('OK')
  api.server.answer = () => ({ active: false })
  await api.validator.evict('t')
  await sleep(100)
  expect(cache.entries.size).toBe(0)
  expect(await api.reason('t')).toBe('inactive')
})

test('to evict what nobody could know is nothing, and what is no token a mistake', async () => {
  const api = await openAsking()
  const jwtOfStranger = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.e30.AAAA`
  await expect(api.validator.evict(jwtOfStranger)).resolves.toBeUndefined()
  await expect(api.validator.evict(undefined as unknown as string)).rejects.toThrow(TypeError)
})

test('a clock that was set back does not bring a revoked token back to life', async () => {
  const api = await openAsking()
  expect(await api.reason('t')).toBe('OK')
  api.server.answer = () => ({ active: false })
  api.advance(-100)
  expect(await api.reason('t')).toBe('inactive')
  expect(await api.reason('t')).toBe('inactive')
  expect(api.server.asked).toHaveLength(2)
  api.advance(100)
  expect(await api.reason('t')).toBe('inactive')
})

test('a clock that tells no time lets nobody through', async () => {
  let now = T0 * 1000
  const api = await openAsking({ validator: { clock: () => now } })
  now = NaN
  expect(await api.reason('t')).toBe('expired')
})

test('an eviction reaches the shared cache', async () => {
  const cache = memoryCache()
  const api = await openAsking({ validator: { cache } })
  expect(await api.reason('t')).toBe('OK')
  expect(cache.entries.size).toBe(1)
  await api.validator.evict('t')
  expect(cache.entries.size).toBe(0)
})

test('a shared cache spares the server the second process', async () => {
  const cache = memoryCache()
  const one = await openAsking({ validator: { cache } })
  expect(await one.reason('t')).toBe('OK')
  const other = createValidator({
    issuer: trustedIssuer(one.server.url, { introspection: { client } }),
    audience,
    cache,
    clock: () => (T0 + 54) * 1000,
  })
  expect(await reasonOf(other.authenticate(requestWith('t')))).toBe('OK')
  expect(one.server.asked).toHaveLength(1)
})

test.each(['get', 'set', 'delete'] as const)(
  'a shared cache whose `%s` fails or hangs is none, and says so, and only who evicts has to know',
  async (operation) => {
    const failing = [
      () => Promise.reject(Object.assign(new Error('sentinel'), { code: 'ECONNRESET', value: 'sentinel' })),
      () => {
        throw new TypeError('sentinel')
      },
      () => new Promise<never>(() => undefined),
    ]
    const told: CacheMessage[] = []
    const listener = (message: unknown): void => void told.push(message as CacheMessage)
    subscribe('tollgate:cache', listener)
    onTestFinished(() => void unsubscribe('tollgate:cache', listener))
    const errors = (): ReadonlySet<unknown> =>
      new Set(told.filter(({ outcome }) => outcome === 'failed').map(({ error }) => error))
    for (const fail of failing) {
      const api = await openAsking({ validator: { cache: { ...memoryCache(), [operation]: fail } } })
      expect(await api.reason('t')).toBe('OK')
      expect(await api.reason('t')).toBe('OK')
      expect(api.server.asked).toHaveLength(1)
      const evicted = await api.validator.evict('t').then(
        () => 'evicted',
        () => 'failed',
      )
      expect(evicted).toBe(operation === 'delete' ? 'failed' : 'evicted')
      expect(await api.reason('t'), 'here it is forgotten in any case').toBe('OK')
    }
    await until(() => errors().size === 3)
    expect(errors()).toEqual(new Set(['ECONNRESET', 'TypeError', 'too-late']))
  },
)

test('a shared cache that answers with something else than text is none, and says so', async () => {
  const told: unknown[] = []
  const listener = (message: unknown): void => void told.push(message)
  subscribe('tollgate:cache', listener)
  onTestFinished(() => void unsubscribe('tollgate:cache', listener))
  const get = async (): Promise<string> => ({ active: true }) as unknown as string
  const api = await openAsking({ validator: { cache: { ...memoryCache(), get } } })
  api.server.answer = () => ({ active: false })
  expect(await api.reason('t')).toBe('inactive')
  expect(told).toContainEqual({ cache: 'shared', operation: 'get', outcome: 'failed', error: 'no-text' })
})

test('a stuck server holds so many requests and no more, and those with tokens that nobody knows get half of the room at most', async () => {
  const api = await openAsking({ introspection: { timeout: '4s' } })
  for (let index = 0; index < 100; index += 1) {
    expect(await api.reason(`good-${index}`)).toBe('OK')
  }
  api.advance(61)
  api.server.misbehave = () => undefined
  const before = api.server.asked.length
  const unknown = Array.from({ length: 3000 }, (_, index) => api.reason(`made-up-${index}`))
  await until(() => api.server.asked.length - before === 64)
  let answered = 0
  unknown.slice(0, 1024).forEach((reason) => void reason.then(() => (answered += 1)))
  expect(new Set(await Promise.all(unknown.slice(1024)))).toEqual(new Set(['overloaded']))
  expect(answered, 'the others still wait: there was no room at once').toBe(0)
  // Those that were active before find room all the same.
  const known = Array.from({ length: 100 }, (_, index) => api.reason(`good-${index}`))
  await until(() => api.server.asked.length - before === 128)
  const reasons = new Set(await Promise.all([...unknown, ...known]))
  expect([...reasons].filter((reason) => !['timeout', 'overloaded', 'backing-off'].includes(reason))).toEqual([])
  const madeUp = api.server.asked.filter(({ form }) => form.get('token')?.startsWith('made-up') === true)
  // A few more set out when the first have timed out, before the fifth failure gives the server a rest.
  expect(madeUp.length).toBeLessThanOrEqual(72)
}, 20_000)

test('a crowd of made-up tokens does not keep good ones from being asked about', async () => {
  const api = await openAsking()
  expect(await api.reason('good')).toBe('OK')
  api.advance(61)
  const answered: (() => void)[] = []
  api.server.misbehave = (request, response) => {
    const isGood = api.server.asked.at(-1)?.form.get('token') === 'good'
    const answer = (): void => json(isGood ? api.server.active() : { active: false })(request, response)
    return isGood ? answer() : answered.push(answer)
  }
  const crowd = Array.from({ length: 2000 }, (_, index) => api.reason(`made-up-${index}`))
  await until(() => answered.length === 64)
  expect(await api.reason('good')).toBe('OK')
  api.server.misbehave = undefined
  api.server.answer = () => ({ active: false })
  answered.forEach((answer) => answer())
  const reasons = await Promise.all(crowd)
  expect(new Set(reasons)).toEqual(new Set(['inactive', 'overloaded']))
  expect(reasons.filter((reason) => reason === 'inactive')).toHaveLength(1024)
})

/** Tokens that were active a while ago, and whose verdicts have run out. */
async function openWithKnown(names: readonly string[]): Promise<Asking> {
  const api = await openAsking()
  for (const name of names) {
    expect(await api.reason(name)).toBe('OK')
  }
  api.advance(61)
  return api
}

const ten = Array.from({ length: 10 }, (_, index) => `good-${index}`)

test('a server that keeps failing is given a rest, then tried by one, then a longer one, then trusted again', async () => {
  const api = await openWithKnown(ten)
  const asked = (): number => api.server.asked.length - 10
  api.server.misbehave = status(503)
  for (const name of ten.slice(0, 5)) {
    expect(await api.reason(name)).toBe('upstream-error')
  }
  expect(await api.reason('good-5')).toBe('backing-off')
  expect(await api.reason('unknown'), 'where good ones fail, so would any').toBe('backing-off')
  expect(asked()).toBe(5)
  api.advance(1.3)
  // Half open: one of many goes, and the rest is longer when it fares no better.
  const reasons = await Promise.all(ten.map((name) => api.reason(name)))
  expect(reasons.filter((reason) => reason === 'upstream-error')).toHaveLength(1)
  expect(asked()).toBe(6)
  api.advance(1.5)
  expect(await api.reason('good-0')).toBe('backing-off')
  api.advance(1)
  api.server.misbehave = undefined
  expect(await api.reason('good-0')).toBe('OK')
  expect(new Set(await Promise.all(ten.map((name) => api.reason(name))))).toEqual(new Set(['OK']))
})

test('many who fail at once are one rest, and a short one', async () => {
  const many = Array.from({ length: 64 }, (_, index) => `good-${index}`)
  const api = await openWithKnown(many)
  const waiting: (() => void)[] = []
  api.server.misbehave = (request, response) => waiting.push(() => status(503)(request, response))
  const reasons = many.map((name) => api.reason(name))
  await until(() => waiting.length === 64)
  waiting.forEach((answer) => answer())
  expect(new Set(await Promise.all(reasons))).toEqual(new Set(['upstream-error']))
  api.server.misbehave = undefined
  expect(await api.reason('good-0')).toBe('backing-off')
  api.advance(1.3)
  expect(await api.reason('good-0')).toBe('OK')
})

test('a clock that was set back makes nobody wait for it', async () => {
  const api = await openWithKnown(ten)
  api.server.misbehave = status(503)
  for (const name of ten.slice(0, 6)) {
    await api.reason(name)
  }
  api.server.misbehave = undefined
  api.advance(-3600)
  expect(await api.reason('good-0')).toBe('OK')
})

test('among tokens that nobody knows the rest is short, and one failure more is not enough for the next', async () => {
  const api = await openAsking()
  api.server.misbehave = status(500)
  for (let index = 0; index < 20; index += 1) {
    await api.reason(`poison-${index}`)
  }
  expect(api.server.asked).toHaveLength(5)
  for (let second = 0; second < 10; second += 1) {
    api.advance(1.3)
    expect(await api.reason(`poison-again-${second}`)).toBe('upstream-error')
    api.server.misbehave = undefined
    expect(await api.reason(`new-${second}`), 'a new token, after the attacker took the first turn').toBe('OK')
    api.server.misbehave = status(500)
    for (let index = 0; index < 20; index += 1) {
      await api.reason(`poison-${second}-${index}`)
    }
    expect(await api.reason('poison')).toBe('backing-off')
  }
})

const stumbling: Readonly<Record<string, Handler>> = {
  500: status(500),
  '403, as a firewall may say': status(403),
  429: status(429),
  'a reset connection': (request) => request.socket.resetAndDestroy(),
  silence: () => undefined,
}

test.each(Object.entries(stumbling))(
  'tokens that nobody knows, and that make the server answer with %s, harm no other',
  async (_name, act) => {
    const api = await openAsking({ introspection: { timeout: '100ms' } })
    expect(await api.reason('good')).toBe('OK')
    api.advance(61)
    api.server.misbehave = (request, response) => {
      const isGood = api.server.asked.at(-1)?.form.get('token') === 'good'
      return (isGood ? json(api.server.active()) : act)(request, response)
    }
    for (let index = 0; index < 6; index += 1) {
      await api.reason(`poison-${index}`)
    }
    expect(await api.reason('good')).toBe('OK')
    expect(api.server.asked.filter(({ form }) => form.get('token') === 'good')).toHaveLength(2)
  },
)

test('answers of no use are no reason to leave a server alone', async () => {
  const api = await openAsking()
  for (const act of [status(404), status(400), json({}), json({ active: 'true' }), status(204)]) {
    api.server.misbehave = act
    for (let index = 0; index < 6; index += 1) {
      expect(await api.reason('t')).not.toBe('backing-off')
    }
  }
  expect(api.server.asked).toHaveLength(30)
})

test('12,000 made-up tokens, more than are remembered, push no good one out', async () => {
  const api = await openAsking()
  expect(await api.reason('good')).toBe('OK')
  api.server.answer = () => ({ active: false })
  await inParallel(64, 12_000, (index) => api.reason(`made-up-${index}`))
  expect(await api.reason('good', scopes('read'))).toBe('OK')
  expect(api.server.asked.filter(({ form }) => form.get('token') === 'good')).toHaveLength(1)
}, 30_000)

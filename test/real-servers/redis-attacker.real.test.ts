/** An attacker can write to Redis. No entry and no record makes a validator accept a token, or refuse a good one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeRedis, redisRevocations, redisTokenCache } from '@tollgate/redis'
import { createClient } from 'redis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { messagesOn } from '../harness/channel-messages.ts'
import { waitFor } from '../harness/wait-for.ts'
import { startRedis } from './redis.ts'
import { type Fleet, newToken, openRedisFleet, secrets } from './redis-fleet.ts'

type Client = Awaited<ReturnType<typeof connect>>

interface Scene {
  readonly fleet: Fleet
  readonly attacker: Client
}

const stream = 'tollgate:revocations'

/** Tokens that begin with `bad` are inactive. */
async function openScene(): Promise<Scene> {
  const { port } = await startRedis(onTestFinished)
  const fleet = await openRedisFleet([nodeRedis(await connect(port)), nodeRedis(await connect(port))])
  fleet.issuer.introspect = (token) => (token.startsWith('bad') ? { active: false } : fleet.issuer.active())
  return { fleet, attacker: await connect(port) }
}

async function connect(port: number) {
  const client = createClient({ socket: { host: '127.0.0.1', port } })
  client.on('error', () => undefined)
  onTestFinished(() => client.destroy())
  return client.connect()
}

/** The first process introspects a token. Returns the key and the value of its entry. */
async function entryOf({ fleet, attacker }: Scene, token: string): Promise<{ readonly key: string; value: string }> {
  const keys = async () => (await attacker.keys('tollgate:{*}')).toSorted()
  const before = new Set(await keys())
  await fleet.present(token, 0)
  let key: string | undefined
  await waitFor(async () => (key = (await keys()).find((one) => !before.has(one))) !== undefined)
  return { key: key ?? '', value: (await attacker.get(key ?? '')) ?? '' }
}

interface Entries {
  readonly good: string
  readonly bad: string
  /** Another entry of an active token. */
  readonly other: string
}

const plain = JSON.stringify({ version: 2, introspectedAt: Date.now(), response: { active: true } })

const onEntries: Readonly<Record<string, (attacker: Client, entries: Entries) => Promise<unknown>>> = {
  'are deleted': (attacker, { good, bad }) => attacker.del([good, bad]),
  'are swapped': async (attacker, { good, bad }) => {
    const [first, second] = await attacker.mGet([good, bad])
    await attacker.mSet([
      [good, second ?? ''],
      [bad, first ?? ''],
    ])
  },
  'become that of another active token': (attacker, { good, bad, other }) =>
    Promise.all([attacker.copy(other, bad, { REPLACE: true }), attacker.copy(other, good, { REPLACE: true })]),
  'become plain claims': (attacker, { good, bad }) => attacker.mSet([good, plain, bad, plain]),
  'lose their last characters': (attacker, { good, bad }) =>
    Promise.all([good, bad].map(async (key) => attacker.set(key, ((await attacker.get(key)) ?? '').slice(0, -4)))),
  'get a character more': (attacker, { good, bad }) => Promise.all([good, bad].map((key) => attacker.append(key, 'A'))),
  'become empty': (attacker, { good, bad }) => attacker.mSet([good, '', bad, '']),
  'become very long': (attacker, { good, bad }) =>
    Promise.all([good, bad].map((key) => attacker.setRange(key, 50_000_000, 'A'))),
  'become lists': async (attacker, { good, bad }) => {
    await attacker.del([good, bad])
    await Promise.all([good, bad].map((key) => attacker.lPush(key, 'A')))
  },
  'become bytes that are no text': (attacker, { good, bad }) =>
    Promise.all([good, bad].map((key) => attacker.set(key, Buffer.from([0xff, 0x00, 0xfe])))),
  'are sealed with another secret': async (attacker, { good, bad }) => {
    const own = redisTokenCache(nodeRedis(attacker), { secrets: 'the own secret of the attacker, long enough' })
    for (const key of [good, bad]) {
      await own.set(/\{(.*)\}/.exec(key)?.[1] ?? '', plain, 60_000)
    }
  },
  'become a record of the stream': async (attacker, { good, bad }) => {
    await redisRevocations(nodeRedis(attacker), { secrets }).publish(plain)
    const [record] = (await attacker.xRange(stream, '-', '+')) ?? []
    await attacker.mSet([good, record?.message['r'] ?? '', bad, record?.message['r'] ?? ''])
  },
}

test.each(Object.entries(onEntries))(
  'when entries %s, the other process introspects the tokens itself',
  async (_name, attack) => {
    const scene = await openScene()
    const [goodToken, badToken] = [newToken(), `bad-${newToken()}`]
    const good = await entryOf(scene, goodToken)
    const bad = await entryOf(scene, badToken)
    const other = await entryOf(scene, newToken())
    await attack(scene.attacker, { good: good.key, bad: bad.key, other: other.key })
    const { present, issuer } = scene.fleet
    const before = issuer.requests.length
    expect([await present(goodToken, 1), await present(badToken, 1)]).toEqual(['OK', 'inactive'])
    expect(issuer.requests.length - before).toBe(2)
  },
)

test('a lease of the attacker delays a token, and refuses none', async () => {
  const scene = await openScene()
  const token = newToken()
  const { key } = await entryOf(scene, token)
  await scene.attacker.del(key)
  await scene.attacker.set(`${key}:lease`, 'the lease of the attacker')
  expect(await scene.fleet.present(token, 1)).toBe('OK')
})

test('an entry that is put back does not revive a revoked token', async () => {
  const scene = await openScene()
  const token = newToken()
  const { key, value } = await entryOf(scene, token)
  await scene.fleet.validators[0]?.revoke({ token })
  await waitFor(async () => (await scene.fleet.present(token, 1)) === 'revoked')
  await scene.attacker.set(key, value)
  expect([await scene.fleet.present(token, 0), await scene.fleet.present(token, 1)]).toEqual(['revoked', 'revoked'])
})

describe('records', () => {
  const forged: Readonly<Record<string, (genuine: string, entry: string) => Readonly<Record<string, string>>>> = {
    'that are plain text': () => ({ r: JSON.stringify({ v: 1, kind: 'sub', key: 'x', before: 0, until: 0 }) }),
    'that are shorter': (genuine) => ({ r: genuine.slice(0, -4) }),
    'that are longer': (genuine) => ({ r: `${genuine}A` }),
    'that are very long': (genuine) => ({ r: genuine.padEnd(5_000_000, 'A') }),
    'that are entries of the cache': (_genuine, entry) => ({ r: entry }),
    'in another field': (genuine) => ({ x: genuine }),
    'with several fields': (genuine) => ({ r: genuine, x: 'y' }),
  }

  test.each(Object.entries(forged))(
    '%s are ignored and reported, and later revocations are read',
    async (_name, forge) => {
      const messages = messagesOn('tollgate:revocation')
      const scene = await openScene()
      const { fleet, attacker } = scene
      const [good, first, second] = [newToken(), newToken(), newToken()]
      const { value } = await entryOf(scene, good)
      await fleet.validators[0]?.revoke({ token: first })
      const [record] = (await attacker.xRange(stream, '-', '+')) ?? []
      await attacker.xAdd(stream, '*', forge(record?.message['r'] ?? '', value))
      await fleet.validators[0]?.revoke({ token: second })
      await waitFor(async () => (await fleet.present(second, 1)) === 'revoked')
      expect([await fleet.present(good, 1), await fleet.present(first, 1)]).toEqual(['OK', 'revoked'])
      // Both processes report it.
      await waitFor(() => messages.filter(({ event }) => event === 'ignored').length >= 2)
    },
  )

  test('that are written again change nothing', async () => {
    const { fleet, attacker } = await openScene()
    const [good, revoked, last] = [newToken(), newToken(), newToken()]
    await fleet.validators[0]?.revoke({ token: revoked })
    const [record] = (await attacker.xRange(stream, '-', '+')) ?? []
    await Promise.all(Array.from({ length: 2000 }, () => attacker.xAdd(stream, '*', record?.message ?? {})))
    await fleet.validators[0]?.revoke({ token: last })
    await waitFor(async () => (await fleet.present(last, 1)) === 'revoked')
    expect([await fleet.present(good, 1), await fleet.present(revoked, 1)]).toEqual(['OK', 'revoked'])
  })

  test('that are deleted stay known to the processes that have read them', async () => {
    const { fleet, attacker } = await openScene()
    const [good, revoked] = [newToken(), newToken()]
    await fleet.validators[0]?.revoke({ token: revoked })
    await waitFor(async () => (await fleet.present(revoked, 1)) === 'revoked')
    await attacker.del(stream)
    await sleep(200)
    expect([await fleet.present(good, 1), await fleet.present(revoked, 1)]).toEqual(['OK', 'revoked'])
  })
})

const onStream: Readonly<Record<string, (attacker: Client) => Promise<unknown>>> = {
  'deletes it': (attacker) => attacker.del(stream),
  'replaces it by a text, and deletes that': async (attacker) => {
    await attacker.set(stream, 'text')
    await sleep(500)
    await attacker.del(stream)
  },
  'adds a record of the far future, and deletes the stream': async (attacker) => {
    await attacker.xAdd(stream, '99999999999999999-0', { r: 'forged' })
    await sleep(500)
    await attacker.del(stream)
  },
}

test.each(Object.entries(onStream))('when an attacker %s, later revocations have an effect', async (_name, attack) => {
  const { fleet, attacker } = await openScene()
  const [first, second, good] = [newToken(), newToken(), newToken()]
  await fleet.validators[0]?.revoke({ token: first })
  await waitFor(async () => (await fleet.present(first, 1)) === 'revoked')
  await attack(attacker)
  await fleet.validators[0]?.revoke({ token: second })
  await waitFor(async () => (await fleet.present(second, 1)) === 'revoked')
  expect([await fleet.present(good, 1), await fleet.present(first, 1)]).toEqual(['OK', 'revoked'])
})

/** Used proofs in Redis, with a client without a server. Real servers do the same in `test/real-servers`. */
import { redisReplayStore, redisTokenCache } from '@tollgate/redis'
import { describe, expect, test } from 'vitest'
import { paused, type ScriptedClient, scriptedClient } from './scripted-client.ts'

const key = `${'t'.repeat(43)}.${'h'.repeat(43)}`

/** A server that knows `SET … NX GET PX`. */
function scriptedServer(): { readonly client: ScriptedClient; readonly commands: (readonly string[])[] } {
  const values = new Map<string, string>()
  const commands: (readonly string[])[] = []
  const client = scriptedClient(async (args) => {
    commands.push(args)
    const [, name = '', value = ''] = args
    const former = values.get(name) ?? null
    values.set(name, former ?? value)
    return former
  })
  return { client, commands }
}

async function resultOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: unknown }
    return code ?? message
  }
}

test('a use is one command with one key, whose length does not depend on the key', async () => {
  const { client, commands } = scriptedServer()
  const store = redisReplayStore(client)
  expect([await store.remember(key, 65_000), await store.remember(key, 65_000)]).toEqual([true, false])
  expect(await store.remember('a.{b}\r\n', 0.25)).toBe(true)
  expect(await store.remember('x'.repeat(10_000), 59_999.5)).toBe(true)
  const expected = ['65000', '65000', '1', '60000'].map((time) => [
    'SET',
    expect.stringMatching(/^tollgate:proof:[\w-]{43}$/),
    expect.stringMatching(/^[\w-]{16}$/),
    'NX',
    'GET',
    'PX',
    time,
  ])
  expect(commands).toEqual(expected)
  expect(commands.flat().join(' ')).not.toContain('ttt')
  expect(new Set(commands.map(([, , value]) => value)).size).toBe(4)
})

test('stores with different prefixes have different keys', async () => {
  const { client, commands } = scriptedServer()
  expect(await redisReplayStore(client, { prefix: 'one' }).remember(key, 65_000)).toBe(true)
  expect(await redisReplayStore(client, { prefix: 'two' }).remember(key, 65_000)).toBe(true)
  expect(commands.map(([, name = '']) => name.split(':')[0])).toEqual(['one', 'two'])
})

test('a first use stays the first when the client repeats the command', async () => {
  const { client } = scriptedServer()
  const repeating = scriptedClient(async (args) => {
    await client.sendCommand(args)
    return client.sendCommand(args)
  })
  const store = redisReplayStore(repeating)
  expect([await store.remember(key, 65_000), await store.remember(key, 65_000)]).toEqual([true, false])
  expect(await redisReplayStore(client).remember(key, 65_000)).toBe(false)
})

describe('a use rejects', () => {
  test('when the server is gone, and at once while the circuit is open', async () => {
    const client = scriptedClient(async () => Promise.reject(new Error('ECONNREFUSED')))
    const store = redisReplayStore(client)
    for (let count = 0; count < 5; count += 1) {
      expect(await resultOf(store.remember(key, 65_000))).toBe('ECONNREFUSED')
    }
    expect(await resultOf(store.remember(key, 65_000))).toBe('backing-off')
    expect(client.sent).toHaveLength(5)
  })

  test('when the server does not respond in time', async () => {
    const store = redisReplayStore(scriptedClient(paused))
    expect(await resultOf(store.remember(key, 65_000))).toBe('too-late')
  })

  test('while the circuit of another store of the client is open', async () => {
    const client = scriptedClient(async () => Promise.reject(new Error('ECONNREFUSED')))
    const cache = redisTokenCache(client, { secrets: 'a secret of the tests, which is long enough' })
    await Promise.all(Array.from({ length: 5 }, async () => resultOf(cache.get('key'))))
    expect(await resultOf(redisReplayStore(client).remember(key, 65_000))).toBe('backing-off')
  })

  test('when too many commands have not ended', async () => {
    const store = redisReplayStore(scriptedClient(paused))
    const results = await Promise.all(Array.from({ length: 1100 }, async () => resultOf(store.remember(key, 65_000))))
    expect(results.filter((result) => result === 'overloaded')).toHaveLength(76)
    expect(results).not.toContain(true)
  })

  test.each([
    ['when memory is full', "OOM command not allowed when used memory > 'maxmemory'."],
    ['for a foreign value of another type', 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['when the server is a replica', "READONLY You can't write against a read only replica."],
    ['when the server is too old', 'ERR syntax error'],
  ])('%s', async (_name, message) => {
    const store = redisReplayStore(scriptedClient(async () => Promise.reject(new Error(message))))
    expect(await resultOf(store.remember(key, 65_000))).toBe(message)
  })

  test.each([
    ['that of SET without GET', 'OK'],
    ['a foreign value', 'foreign'],
    ['an empty value', ''],
    ['bytes', Buffer.from('0123456789abcdef')],
    ['a number', 1],
    ['a list', [null]],
    ['no reply', undefined],
    ['a boolean', true],
  ])('for a reply that is not one of this command: %s', async (_name, reply) => {
    const store = redisReplayStore(scriptedClient(async () => reply))
    expect(await resultOf(store.remember(key, 65_000))).toBe('unexpected-reply')
  })
})

/** The deadline of commands, and the circuit breaker of a client. A real server does the same in `test/real-servers`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { redisTokenCache } from '@tollgate/redis'
import { expect, test } from 'vitest'
import { waitFor } from '../harness/wait-for.ts'
import { paused, scriptedClient } from './scripted-client.ts'

const secrets = 'a secret of the tests, which is long enough'
const refused = async (): Promise<never> => Promise.reject(new Error('ECONNREFUSED'))

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
    return 'done'
  } catch (error) {
    const { code, message } = error as Error & { readonly code?: unknown }
    return code ?? message
  }
}

test('a command that hangs fails after its deadline, and after five of them no command is sent', async () => {
  const client = scriptedClient(paused)
  const cache = redisTokenCache(client, { secrets })
  const begun = performance.now()
  const codes = await Promise.all(Array.from({ length: 5 }, async () => codeOf(cache.get('key'))))
  expect(codes).toEqual(Array.from({ length: 5 }, () => 'too-late'))
  // Real time is the subject: 200 ms, and more when the event loop is blocked.
  expect(performance.now() - begun).toBeGreaterThan(150)
  expect(performance.now() - begun).toBeLessThan(5000)
  expect(await codeOf(cache.get('key'))).toBe('backing-off')
  expect(client.sent).toHaveLength(5)
})

test('a request that has waited for a value does not wait for a lease as well', async () => {
  const client = scriptedClient(paused)
  const cache = redisTokenCache(client, { secrets })
  expect(await codeOf(cache.get('key'))).toBe('too-late')
  expect(await codeOf(cache.acquireLease('key', 1000))).toBe('backing-off')
  expect(client.sent).toEqual(['GETRANGE'])
  client.respond = async ([name]) => (name === 'SET' ? 'OK' : '')
  expect(await codeOf(cache.get('key'))).toBe('done')
  expect(await cache.acquireLease('key', 1000)).toEqual(expect.any(String))
})

test('caches of one client share its circuit', async () => {
  const client = scriptedClient(refused)
  const [first, second] = [redisTokenCache(client, { secrets }), redisTokenCache(client, { secrets })]
  for (let count = 0; count < 5; count += 1) {
    expect(await codeOf(first.get('key'))).toBe('ECONNREFUSED')
  }
  expect(await codeOf(second.delete('key'))).toBe('backing-off')
})

test('a success between failures keeps the circuit closed', async () => {
  const client = scriptedClient()
  const cache = redisTokenCache(client, { secrets })
  for (let count = 0; count < 12; count += 1) {
    client.respond = count % 4 === 3 ? async () => '' : refused
    await codeOf(cache.get('key'))
  }
  expect(client.sent).toHaveLength(12)
})

test('a probe follows each wait, no request waits for it, and its success closes the circuit', async () => {
  const client = scriptedClient(refused)
  const cache = redisTokenCache(client, { secrets })
  await Promise.all(Array.from({ length: 5 }, async () => codeOf(cache.delete('key'))))
  client.respond = paused
  const answers: unknown[] = []
  await waitFor(async () => {
    answers.push(await codeOf(cache.delete('key')))
    return client.sent.length === 7
  })
  expect(new Set(answers)).toEqual(new Set(['backing-off']))
  expect(client.sent.slice(5)).toEqual(['GETRANGE', 'GETRANGE'])
  client.respond = async () => ''
  await waitFor(async () => (await codeOf(cache.delete('key'))) === 'done')
  expect(client.sent.slice(7)).toEqual(['GETRANGE', 'DEL'])
})

test('a late response causes a probe at once, which closes the circuit', async () => {
  const server = Promise.withResolvers<string>()
  const client = scriptedClient(async () => server.promise)
  const cache = redisTokenCache(client, { secrets })
  await Promise.all(Array.from({ length: 5 }, async () => codeOf(cache.get('key'))))
  expect(await codeOf(cache.get('key'))).toBe('backing-off')
  server.resolve('')
  await server.promise
  await new Promise(setImmediate)
  expect(await codeOf(cache.get('key'))).toBe('backing-off')
  await new Promise(setImmediate)
  expect(await codeOf(cache.get('key'))).toBe('done')
  expect(client.sent).toHaveLength(7)
})

test('a server that is late each time opens the circuit', async () => {
  const client = scriptedClient(async () => sleep(300, ''))
  const cache = redisTokenCache(client, { secrets })
  const codes: unknown[] = []
  for (let count = 0; count < 7; count += 1) {
    codes.push(await codeOf(cache.get('key')))
  }
  expect(codes).toEqual([...Array.from({ length: 5 }, () => 'too-late'), 'backing-off', 'backing-off'])
})

test('a foreign value of another type does not open the circuit', async () => {
  const client = scriptedClient(async () => Promise.reject(new Error('WRONGTYPE Operation against a key')))
  const cache = redisTokenCache(client, { secrets })
  for (let count = 0; count < 10; count += 1) {
    await codeOf(cache.get('key'))
  }
  expect(client.sent).toHaveLength(10)
})

test('commands that have not ended are bounded', async () => {
  const client = scriptedClient(paused)
  const cache = redisTokenCache(client, { secrets })
  const codes = await Promise.all(Array.from({ length: 2000 }, async () => codeOf(cache.get('key'))))
  expect([client.sent.length, codes.filter((code) => code === 'overloaded').length]).toEqual([1024, 976])
})

test('a script that the server does not know is sent once, and no failure of the circuit', async () => {
  const client = scriptedClient(async ([name]) => {
    if (name === 'EVALSHA') {
      throw new Error('NOSCRIPT No matching script. Please use EVAL.')
    }
    return 1
  })
  const cache = redisTokenCache(client, { secrets })
  for (let count = 0; count < 6; count += 1) {
    expect(await cache.set('key', 'value', 1000, 'lease')).toBe(true)
  }
  expect(client.sent).toEqual(Array.from({ length: 6 }, () => ['EVALSHA', 'EVAL']).flat())
})

/** What opens, and what is a miss: sealed values with other keys, secrets, times and texts. */
import { redisTokenCache, type RedisTokenCacheOptions } from '@tollgate/redis'
import { CompactEncrypt } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import { scriptedClient } from './scripted-client.ts'

const secret = 'a secret of the tests, which is long enough'
const other = 'another secret of the tests, long enough, too'

/** A cache over a store in memory, whose entries a test can change. */
function openCache(secrets: RedisTokenCacheOptions['secrets'] = secret, store = new Map<string, string>()) {
  const client = scriptedClient(async ([name, key = '', value = '']) => {
    if (name === 'SET') {
      store.set(key, value)
      return 'OK'
    }
    return name === 'GETRANGE' ? (store.get(key) ?? '') : null
  })
  return { store, cache: redisTokenCache(client, { secrets }) }
}

const parts = (sealed: string | undefined): string[] => (sealed ?? '').split('.')
const header = (sealed: string | undefined): Record<string, unknown> =>
  JSON.parse(Buffer.from(parts(sealed)[0] ?? '', 'base64url').toString()) as Record<string, unknown>

test('a value comes back under its key, and the store sees neither the value nor the secret', async () => {
  const { cache, store } = openCache()
  await cache.set('key', 'the value', 60_000)
  expect(await cache.get('key')).toBe('the value')
  const stored = [...store].flat().join(' ')
  expect(stored).toContain('tollgate:{key}')
  expect([stored.includes('the value'), stored.includes(secret)]).toEqual([false, false])
})

test('two seals of one value differ', async () => {
  const { cache, store } = openCache()
  await cache.set('key', 'value', 60_000)
  const first = store.get('tollgate:{key}')
  await cache.set('key', 'value', 60_000)
  expect(store.get('tollgate:{key}')).not.toBe(first)
})

test('a value does not open under another key', async () => {
  const { cache, store } = openCache()
  await cache.set('key', 'value', 60_000)
  store.set('tollgate:{other}', store.get('tollgate:{key}') ?? '')
  expect(await cache.get('other')).toBeUndefined()
})

test('a value does not open after its time, though the store has it', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const { cache } = openCache()
    await cache.set('key', 'value', 60_000)
    vi.advanceTimersByTime(59_999)
    expect(await cache.get('key')).toBe('value')
    vi.advanceTimersByTime(1)
    expect(await cache.get('key')).toBeUndefined()
  } finally {
    vi.useRealTimers()
  }
})

test('the first secret seals, and all secrets open', async () => {
  const { store, cache: before } = openCache([secret])
  await before.set('old', 'sealed before', 60_000)
  const { cache: during } = openCache([other, secret], store)
  await during.set('new', 'sealed during', 60_000)
  const { cache: after } = openCache([other], store)
  expect([await during.get('old'), await during.get('new')]).toEqual(['sealed before', 'sealed during'])
  expect([await after.get('old'), await after.get('new')]).toEqual([undefined, 'sealed during'])
  expect([await before.get('old'), await before.get('new')]).toEqual(['sealed before', undefined])
})

test('secrets of bytes and of text are the same', async () => {
  const { store, cache } = openCache(secret)
  await cache.set('key', 'value', 60_000)
  expect(await openCache([Buffer.from(secret)], store).cache.get('key')).toBe('value')
})

describe('a changed value is a miss', () => {
  const flip = (text = '', at = 0): string => `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
  const changes: Readonly<Record<string, (sealed: string) => string | Promise<string>>> = {
    'an empty text': () => '',
    'no JWE': () => 'value',
    'the plain value': () => '{"version":2}',
    'a shorter text': (sealed) => sealed.slice(0, -1),
    'a longer text': (sealed) => `${sealed}A`,
    'a text of 10 MB': (sealed) => sealed.padEnd(10_000_000, 'A'),
    'four parts': (sealed) => parts(sealed).slice(0, 4).join('.'),
    ...Object.fromEntries(
      [0, 2, 3, 4].map((part) => [
        `another byte in part ${part}`,
        (sealed: string) =>
          parts(sealed)
            .map((text, index) => (index === part ? flip(text, 4) : text))
            .join('.'),
      ]),
    ),
    'a later time in the header': (sealed) => {
      const later = { ...header(sealed), exp: Date.now() + 3_600_000 }
      return [Buffer.from(JSON.stringify(later)).toString('base64url'), ...parts(sealed).slice(1)].join('.')
    },
    'another key of the attacker, with our key id': async (sealed) =>
      new CompactEncrypt(Buffer.from('forged'))
        .setProtectedHeader({ ...header(sealed), alg: 'dir', enc: 'A256GCM' })
        .encrypt(new Uint8Array(32)),
    'an unknown key id': async (sealed) =>
      new CompactEncrypt(Buffer.from('forged'))
        .setProtectedHeader({ ...header(sealed), alg: 'dir', enc: 'A256GCM', kid: 'other' })
        .encrypt(new Uint8Array(32)),
    'another algorithm': async (sealed) =>
      new CompactEncrypt(Buffer.from('forged'))
        .setProtectedHeader({ ...header(sealed), alg: 'dir', enc: 'A128GCM' })
        .encrypt(new Uint8Array(16)),
  }

  test.each(Object.entries(changes))('%s', async (_name, change) => {
    const { cache, store } = openCache()
    await cache.set('key', 'value', 60_000)
    const sealed = store.get('tollgate:{key}') ?? ''
    store.set('tollgate:{key}', await change(sealed))
    expect(await cache.get('key')).toBeUndefined()
    store.set('tollgate:{key}', sealed)
    expect(await cache.get('key')).toBe('value')
  })
})

test('a value that is too long is not written', async () => {
  const { cache, store } = openCache()
  await expect(cache.set('key', 'x'.repeat(400 * 1024), 60_000)).rejects.toThrow(RangeError)
  expect(store.size).toBe(0)
})

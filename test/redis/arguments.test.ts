/** Bad arguments are a `TypeError` at start-up, whose message says how to fix them and contains no secret. */
import * as redis from '@tollgate/redis'
import { expect, test } from 'vitest'
import { scriptedClient } from './scripted-client.ts'

const secrets = 'a secret of the tests, which is long enough'
const withDuplicate = { ...scriptedClient(), duplicate: async () => ({ ...scriptedClient(), close: async () => {} }) }
const nothing = async (): Promise<undefined> => undefined

/** The members by which the clients differ. */
const rawNodeRedis = { connect: nothing, sendCommand: nothing, duplicate: nothing }
const rawIoredis = { connect: nothing, sendCommand: nothing, duplicate: nothing, call: nothing }
const rawGlide = { customCommand: nothing, close: nothing }

const adapters = redis as unknown as Readonly<Record<string, (...args: unknown[]) => redis.RedisClient>>

/** The call, and a part of the message that says what to do. */
const mistakes: Readonly<Record<string, readonly [name: string, args: readonly unknown[], fix: RegExp]>> = {
  'no client': ['nodeRedis', [undefined], /nodeRedis\(client\), got undefined/],
  'a promise of a client': ['nodeRedis', [Promise.resolve(rawNodeRedis)], /got an object/],
  'ioredis for node-redis': ['nodeRedis', [rawIoredis], /for ioredis\(client\)/],
  'GLIDE for node-redis': ['nodeRedis', [rawGlide], /for glide/],
  'node-redis for ioredis': ['ioredis', [rawNodeRedis], /for nodeRedis\(client\)/],
  'node-redis for iovalkey': ['iovalkey', [rawNodeRedis], /iovalkey\(client\).*nodeRedis\(client\)/],
  'ioredis for GLIDE': ['glide', [rawIoredis], /for ioredis\(client\)/],
  'a client as the second argument of glide': ['glide', [rawGlide, rawGlide], /\(\) => GlideClient\.createClient/],
  'a client of node-redis as it is': ['redisTokenCache', [rawNodeRedis, { secrets }], /redisTokenCache\(nodeRedis\(/],
  'a client of ioredis as it is': ['redisTokenCache', [rawIoredis, { secrets }], /redisTokenCache\(ioredis\(client\)/],
  'a client of GLIDE as it is': ['redisRevocations', [rawGlide, { secrets }], /redisRevocations\(glide\(client/],
  'options without a client': ['redisTokenCache', [{ secrets }], /redisTokenCache to be nodeRedis\(client\)/],
  'no options': ['redisTokenCache', [withDuplicate], /options of redisTokenCache to be an object/],
  'a misspelt option': ['redisTokenCache', [withDuplicate, { secret: secrets }], /the options are secrets, prefix/],
  'no secrets': ['redisTokenCache', [withDuplicate, {}], /`secrets` to be strings or Uint8Arrays/],
  'an empty list of secrets': ['redisTokenCache', [withDuplicate, { secrets: [] }], /1 to 8 secrets, got 0/],
  'nine secrets': ['redisTokenCache', [withDuplicate, { secrets: Array(9).fill(secrets) }], /1 to 8 secrets, got 9/],
  'a short secret': ['redisTokenCache', [withDuplicate, { secrets: 'hunter2' }], /32 bytes, got 7; .*openssl rand/],
  'an undefined secret': ['redisTokenCache', [withDuplicate, { secrets: [secrets, undefined] }], /got undefined/],
  'a repeated secret': ['redisTokenCache', [withDuplicate, { secrets: [secrets, secrets] }], /remove the repeated/],
  'braces in the prefix': ['redisTokenCache', [withDuplicate, { secrets, prefix: '{app}' }], /`prefix` to be 1 to 64/],
  'a prefix that is no text': ['redisTokenCache', [withDuplicate, { secrets, prefix: 1 }], /`prefix`.*a number/],
  'a client of node-redis as it is, for proofs': ['redisReplayStore', [rawNodeRedis], /redisReplayStore\(nodeRedis\(/],
  'no client for proofs': ['redisReplayStore', [], /redisReplayStore to be nodeRedis\(client\)/],
  'secrets for proofs': ['redisReplayStore', [withDuplicate, { secrets }], /the options are prefix/],
  'a space in the prefix of proofs': ['redisReplayStore', [withDuplicate, { prefix: 'a b' }], /`prefix` to be 1 to 64/],
  'a client that cannot wait': ['redisRevocations', [scriptedClient(), { secrets }], /second argument to glide/],
  'a stream with a space': ['redisRevocations', [withDuplicate, { secrets, stream: 'a b' }], /`stream` to be 1 to 128/],
  'a time without a unit': ['redisRevocations', [withDuplicate, { secrets, keepFor: 60 }], /`keepFor`.*'30s'/],
  'an unknown word': ['redisRevocations', [withDuplicate, { secrets, whenSilent: 'no' }], /'serve', 'refuse'/],
  'a misspelt option of the log': ['redisRevocations', [withDuplicate, { secrets, prefix: 'a' }], /stream, keepFor/],
}

test.each(Object.entries(mistakes))('%s', (_name, [name, args, fix]) => {
  const call = (): unknown => adapters[name]?.(...args)
  expect(call).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }))
  expect(call).toThrow(fix)
  expect(call).not.toThrow(/hunter2|a secret of/)
})

test('good arguments are accepted, and the settings of the log are in milliseconds', () => {
  expect(redis.redisRevocations(withDuplicate, { secrets })).toMatchObject({
    keepFor: 86_400_000,
    maxSilence: 10_000,
    whenSilent: 'serve',
  })
  const options = { secrets: [secrets, new Uint8Array(32)], keepFor: '1h', maxSilence: '30s', whenSilent: 'refuse' }
  expect(redis.redisRevocations(withDuplicate, options as redis.RedisRevocationsOptions)).toMatchObject({
    keepFor: 3_600_000,
    maxSilence: 30_000,
    whenSilent: 'refuse',
  })
})

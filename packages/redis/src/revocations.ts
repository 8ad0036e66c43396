import type { ReadRevocations, Revocations, RevocationsOptions, Secrets } from '@tollgate/core'
import {
  describe,
  expectOptions,
  expectRevocationsOptions,
  invalidOption,
  revocationsOptionNames,
} from '@tollgate/core/adapter'
import { expectRedisClient, type RedisClient } from './client.ts'
import { guard } from './guarded-client.ts'
import { createReadingConnection } from './reading-connection.ts'
import { createScript } from './script.ts'
import { createSeal } from './seal.ts'
import { field, parseEntries, parseRead, type StreamEntry } from './stream.ts'

/** The options of `redisRevocations`. All processes of a fleet need the same ones. */
export interface RedisRevocationsOptions extends RevocationsOptions {
  /**
   * Secrets of at least 32 bytes, the same in every process. The first one seals, and all of them open: at most 8. To
   * rotate, append the new secret in all processes, move it to the front in all processes, and remove the old one
   * after `keepFor`.
   */
  readonly secrets: Secrets
  /** The key of the stream. Default: `'tollgate:revocations'`. */
  readonly stream?: string | undefined
}

const known: readonly string[] = ['secrets', 'stream', ...revocationsOptionNames]

/** Bytes of a record. The core writes at most some hundred. */
const maxBytes = 16 * 1024
const maxRecords = 1000
/** Milliseconds. Publication is no part of a request, and a revocation must not fail because of a short pause. */
const publishDeadline = 1000
/** Milliseconds. A log keeps a record for so much longer than `keepFor`. */
const keepMargin = 60_000

/** The time is that of the server: a process with a wrong clock must not remove the records of others. */
const publishRecord = createScript(`
local now = redis.call('TIME')
local oldest = string.format('%.0f', now[1] * 1000 - ARGV[2])
local id = redis.call('XADD', KEYS[1], 'MINID', '~', oldest, '*', '${field}', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return id`)

/**
 * Creates the option `revocations` of a validator: a stream in Redis or Valkey that every process reads. Create
 * `client` with `nodeRedis`, `ioredis`, `iovalkey` or `glide`. It reads on a connection of its own, which ends with the
 * last validator that follows it.
 *
 * Records are sealed (JWE, `dir` with A256GCM), so that a forged record revokes nothing. It is reported on the channel
 * `tollgate:revocation`. An application that can write to Redis can delete a record before all processes have read it.
 * A server without persistence loses records as well, and every process reads the rest again. Throws a `TypeError` for
 * a bad option.
 */
export function redisRevocations(client: RedisClient, options: RedisRevocationsOptions): Revocations {
  expectRedisClient(client, 'redisRevocations')
  const {
    secrets,
    stream = 'tollgate:revocations',
    ...times
  } = expectOptions(options, 'the options of redisRevocations', known)
  const settings = expectRevocationsOptions(times)
  /** A token ends later than its `exp` by the tolerance of the validator. */
  const keptFor = settings.keepFor + keepMargin
  expectStream(stream)
  const seal = createSeal(secrets, 'revocation', maxBytes)
  const { send } = guard(client)
  const reading = createReadingConnection(expectDuplicate(client))

  async function openAll(entries: readonly StreamEntry[], position: string | undefined): Promise<ReadRevocations> {
    const records = await Promise.all(entries.map(({ text }) => seal.open(text, stream)))
    return { records, position: entries.at(-1)?.id ?? position }
  }

  async function readAfter(connection: RedisClient, position: string, waitFor: number) {
    const block = waitFor > 0 ? ['BLOCK', String(Math.ceil(waitFor))] : []
    const args = ['XREAD', 'COUNT', String(maxRecords), ...block, 'STREAMS', stream, position]
    return parseRead(await connection.sendCommand(args))
  }

  /** The server may have lost the last record, because it restarted, or another one took over. Then newer ones may come before it. */
  async function isKnown(connection: RedisClient, position: string): Promise<boolean> {
    return parseEntries(await connection.sendCommand(['XRANGE', stream, position, position])).length > 0
  }

  async function read(connection: RedisClient, position: string | undefined, waitFor: number) {
    const oldest = `${Math.max(0, Math.floor(Date.now() - keptFor))}-0`
    const entries = await readAfter(connection, position ?? oldest, waitFor)
    if (position === undefined || (await isKnown(connection, position))) {
      return { entries, position }
    }
    return { entries: await readAfter(connection, oldest, 0), position: undefined }
  }

  return {
    ...settings,
    publish: async (record) => {
      const sealed = await seal.close(record, stream, keptFor)
      const sendInTime = (args: readonly string[]) => send(args, publishDeadline)
      await publishRecord.run({ send: sendInTime }, [stream], [sealed, String(Math.ceil(keptFor))])
    },
    read: async (position, waitFor, signal) => {
      const found = await reading.use((connection) => read(connection, position, waitFor), waitFor + readMargin, signal)
      return openAll(found.entries, found.position)
    },
  }
}

/** Milliseconds. A read may take so much longer than it waits for a record. */
const readMargin = 1000

function expectDuplicate(client: RedisClient): () => ReturnType<NonNullable<RedisClient['duplicate']>> {
  if (typeof client.duplicate !== 'function') {
    throw invalidOption(
      'Expected the client of redisRevocations to have `duplicate`, because it waits on a connection of its own. Give a client instead of a pool to nodeRedis, or a second argument to glide: glide(client, () => GlideClient.createClient(configuration))',
    )
  }
  return async () => client.duplicate?.() ?? Promise.reject(new TypeError('The client has no `duplicate`'))
}

function expectStream(stream: unknown): void {
  if (typeof stream !== 'string' || !/^[\w.:{}-]{1,128}$/.test(stream)) {
    const got = typeof stream === 'string' ? 'other characters, or a longer one' : describe(stream)
    throw invalidOption(`Expected \`stream\` to be 1 to 128 letters, digits and any of _.:{}- , got ${got}`)
  }
}

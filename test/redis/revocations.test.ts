/** The log of revocations over a stream in memory: what real servers do too rarely to test. */
import { redisRevocations } from '@tollgate/redis'
import { describe, expect, test } from 'vitest'
import { waitFor } from '../harness/wait-for.ts'
import { scriptedStream, type ScriptedStream } from './scripted-stream.ts'

const secrets = 'a secret of the tests, which is long enough'
const never = new AbortController().signal

/** The oldest record of a log is as old as the epoch here, because the entries of the stream have made-up times. */
function openLog(stream: ScriptedStream) {
  return redisRevocations(stream.client, { secrets, keepFor: '720h' })
}

/** The times of the entries are in the past. A position says so, and a new process would leave them out. */
const beginning = '1-0'

async function open() {
  const stream = scriptedStream()
  // The entry at the position of a follower is known to the server.
  stream.entries.push([beginning, ['r', '']])
  return { stream, log: openLog(stream) }
}

describe('the reply to a read has a shape of its own in each client', () => {
  const shapes: Readonly<Record<string, ScriptedStream['shape']>> = {
    RESP2: (stream, entries) => [[stream, entries]],
    'a flat list': (stream, entries) => [stream, entries],
    'a map': (stream, entries) => new Map([[stream, entries]]),
    'an object': (stream, entries) => ({ [stream]: entries }),
    'the records of GLIDE': (stream, entries) => [
      {
        key: stream,
        value: entries.map(([id, fields]) => ({ key: id, value: [fields] })),
      },
    ],
  }
  test.each(Object.entries(shapes))('%s', async (_name, shape) => {
    const { stream, log } = await open()
    stream.shape = shape
    await log.publish('one')
    await log.publish('two')
    expect(await log.read(beginning, 0, never)).toMatchObject({ records: ['one', 'two'] })
  })
})

describe('a record that the log has not sealed is `undefined`, and the others are read', () => {
  const forged: Readonly<Record<string, (genuine: string) => readonly string[]>> = {
    'a plain record': () => ['r', '{"v":1,"kind":"sub"}'],
    'a shorter record': (genuine) => ['r', genuine.slice(0, -8)],
    'a record in another field': (genuine) => ['x', genuine],
    'a record with another field': (genuine) => ['r', genuine, 'x', 'y'],
    'an id in the place of a field': () => ['r', 'x', '99999999999999-0', 'r'],
    'a record without a text': () => ['r'],
  }
  test.each(Object.entries(forged))('%s', async (_name, forge) => {
    const { stream, log } = await open()
    await log.publish('before')
    stream.entries.push(['1000000000001-5', forge(stream.entries.at(-1)?.[1][1] ?? '')])
    await log.publish('after')
    const { records, position } = await log.read(beginning, 0, never)
    expect(records).toEqual(['before', undefined, 'after'])
    expect(position).toBe(stream.entries.at(-1)?.[0])
  })

  test('a record of another stream', async () => {
    const { stream, log } = await open()
    await redisRevocations(stream.client, { secrets, stream: 'other' }).publish('record')
    expect((await log.read(beginning, 0, never)).records).toEqual([undefined])
  })
})

test('after the server has lost the last record, the log is read from its beginning', async () => {
  const { stream, log } = await open()
  await log.publish('one')
  const { position } = await log.read(beginning, 0, never)
  // Another server took over. Its clock is behind, so that its entry comes before the position.
  stream.entries = []
  const now = Date.now() - 60_000
  await log.publish('two')
  const [published] = stream.entries
  stream.entries = [[`${now}-0`, published?.[1] ?? []]]
  expect(Number(position?.split('-')[0])).toBeLessThan(now)
  const ahead = `${Date.now()}-0`
  expect(await log.read(ahead, 0, never)).toEqual({ records: ['two'], position: `${now}-0` })
  expect(await log.read(`${now}-0`, 0, never)).toEqual({ records: [], position: `${now}-0` })
})

test('a read on a connection that hangs ends, and the next one opens another connection', async () => {
  const { stream, log } = await open()
  await log.publish('one')
  stream.state = 'paused'
  await expect(log.read(beginning, 50, never)).rejects.toMatchObject({ code: 'too-late' })
  await waitFor(() => stream.closed() === 1)
  stream.state = 'up'
  expect((await log.read(beginning, 50, never)).records).toEqual(['one'])
  expect(stream.opened()).toBe(2)
})

test('a connection that does not open is tried again by the next read', async () => {
  const { stream, log } = await open()
  await log.publish('one')
  stream.state = 'refused'
  await expect(log.read(beginning, 50, never)).rejects.toThrow('ECONNREFUSED')
  stream.state = 'up'
  expect((await log.read(beginning, 50, never)).records).toEqual(['one'])
})

test('a connection that opens too late is closed', async () => {
  const stream = scriptedStream()
  const late = Promise.withResolvers<void>()
  const client = { ...stream.client, duplicate: async () => late.promise.then(() => stream.client.duplicate!()) }
  const log = redisRevocations(client, { secrets })
  await expect(log.read(beginning, 0, never)).rejects.toMatchObject({ code: 'too-late' })
  late.resolve()
  await waitFor(() => stream.closed() === 1)
  expect(stream.opened()).toBe(1)
})

test('an aborted read ends at once, and its connection is closed', async () => {
  const { stream, log } = await open()
  const following = new AbortController()
  const reading = log.read(beginning, 60_000, following.signal)
  await waitFor(() => stream.opened() === 1)
  following.abort()
  await expect(reading).rejects.toMatchObject({ code: 'aborted' })
  await waitFor(() => stream.closed() === 1)
})

test('reads in a row share a connection, and an unused one is closed', async () => {
  const { stream, log } = await open()
  for (let count = 0; count < 5; count += 1) {
    await log.read(beginning, 0, never)
  }
  expect([stream.opened(), stream.closed()]).toEqual([1, 0])
  await waitFor(() => stream.closed() === 1)
})

test('a publication that the server does not confirm fails', async () => {
  const { stream, log } = await open()
  stream.state = 'paused'
  await expect(log.publish('one')).rejects.toMatchObject({ code: 'too-late' })
})

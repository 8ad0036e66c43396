/** How long a record of the log stays: a token ends later than its `exp` by the tolerance of the validator. */
import { redisRevocations } from '@tollgate/redis'
import { expect, test } from 'vitest'
import { scriptedStream } from './scripted-stream.ts'

const secrets = 'a secret of the tests, which is long enough'
const never = new AbortController().signal
const hour = 3_600_000

test('a process that starts reads the records of `keepFor`, and of a minute more', async () => {
  const stream = scriptedStream()
  const log = redisRevocations(stream.client, { secrets, keepFor: '1h' })
  await log.publish('one')
  const [, fields] = stream.entries.pop() ?? ['', []]
  const ages = [hour + 90_000, hour + 50_000, hour - 10_000]
  stream.entries = ages.map((age) => [`${Date.now() - age}-0`, fields])
  expect(await log.read(undefined, 0, never)).toMatchObject({ records: ['one', 'one'] })
})

test('the server keeps a record for as long', async () => {
  const commands: (readonly string[])[] = []
  const { client } = scriptedStream()
  const sendCommand = async (args: readonly string[]) => {
    commands.push(args)
    return client.sendCommand(args)
  }
  await redisRevocations({ ...client, sendCommand }, { secrets, keepFor: '1h' }).publish('one')
  expect(commands.map((args) => args.at(-1))).toEqual([String(hour + 60_000)])
})

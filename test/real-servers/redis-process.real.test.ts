/** A process ends by itself after `close()`, though its connections waited for a record, or for a server that is away. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type RedisServer, startRedis } from './redis.ts'
import { standalone } from './redis-clients.ts'

const program = fileURLToPath(new URL('redis-process.ts', import.meta.url))

const states: Readonly<Record<string, (server: RedisServer) => Promise<void> | void>> = {
  up: () => undefined,
  paused: (server) => server.pause(),
  gone: (server) => server.kill(),
}

describe.each(Object.keys(standalone))('%s', (name) => {
  test.each(Object.entries(states))('the server is %s', async (state, change) => {
    const server = await startRedis(onTestFinished)
    const child = fork(program, [name, String(server.port), state], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    const ended = once(child, 'exit')
    await Promise.race([once(child, 'message'), ended])
    await change(server)
    // A process whose server is up does not wait, and may have ended.
    child.send('changed', () => undefined)
    expect(await ended, errors).toEqual([0, null])
  })
})

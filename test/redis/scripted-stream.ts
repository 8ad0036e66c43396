import type { OwnConnection, RedisClient } from '@tollgate/redis'
import { paused } from './scripted-client.ts'

type Entry = readonly [id: string, fields: readonly string[]]

/** A stream in memory, and a client for it. A test can change the entries, and what the connections do. */
export interface ScriptedStream {
  readonly client: RedisClient
  entries: Entry[]
  /** `'paused'`: a connection responds to nothing. `'refused'`: none opens. */
  state: 'up' | 'paused' | 'refused'
  /** How many connections of their own were opened and closed. */
  readonly opened: () => number
  readonly closed: () => number
  /** Writes the reply to an XREAD as a client does. */
  shape: (stream: string, entries: readonly Entry[]) => unknown
}

export function scriptedStream(): ScriptedStream {
  let [opened, closed, nextId] = [0, 0, 1_000_000_000_000]
  const scripted: ScriptedStream = {
    client: {
      sendCommand: async (args) => send(args, new AbortController().signal),
      duplicate: async () => {
        if (scripted.state === 'refused') {
          throw new Error('ECONNREFUSED')
        }
        opened += 1
        return connection()
      },
    },
    entries: [],
    state: 'up',
    opened: () => opened,
    closed: () => closed,
    shape: (stream, entries) => [[stream, entries]],
  }

  function connection(): OwnConnection {
    const ended = new AbortController()
    return {
      sendCommand: async (args) => send(args, ended.signal),
      close: async () => {
        closed += 1
        ended.abort()
      },
    }
  }

  async function send(args: readonly string[], ended: AbortSignal): Promise<unknown> {
    if (scripted.state === 'paused') {
      return paused()
    }
    const [name = ''] = args
    if (name.startsWith('EVAL')) {
      nextId += 1
      scripted.entries.push([`${nextId}-0`, ['r', args[4] ?? '']])
      return `${nextId}-0`
    }
    return name === 'XRANGE' ? scripted.entries.filter(([id]) => id === args[2]) : readStream(args, ended)
  }

  async function readStream(args: readonly string[], ended: AbortSignal): Promise<unknown> {
    const [stream = '', from = ''] = args.slice(args.indexOf('STREAMS') + 1)
    const after = () => scripted.entries.filter(([id]) => Number(id.split('-')[0]) > Number(from.split('-')[0]))
    const until = performance.now() + (args.includes('BLOCK') ? Number(args[args.indexOf('BLOCK') + 1]) : 0)
    while (after().length === 0 && performance.now() < until) {
      if (ended.aborted) {
        throw new Error('Connection is closed.')
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return after().length === 0 ? null : scripted.shape(stream, after())
  }

  return scripted
}

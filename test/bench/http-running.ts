import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { HttpContender, HttpSetting } from './contenders/http/contender.ts'
import { type Load, load, type Stood } from './http-load.ts'
import type { Order } from './http-server.ts'

/** A contender whose server runs, in a process of its own. */
export interface Running {
  readonly contender: HttpContender
  readonly load: (load: Load) => Promise<Run>
  readonly stop: () => Promise<void>
}

/** How it stood a load, and what that took of the server's CPU time: microseconds per request. */
export interface Run extends Stood {
  readonly cpu: number
}

/** Starts the contender's server. */
export async function run(contender: HttpContender, setting: HttpSetting): Promise<Running> {
  // What Express prints and keeps while it develops is nobody's cost.
  const child = fork(new URL('http-server.ts', import.meta.url), { env: { ...process.env, NODE_ENV: 'production' } })
  const port = await tell(child, { module: contender.module, setting } satisfies Order)

  async function loaded(asked: Load): Promise<Run> {
    const before = await tell(child, 'cpu')
    const stood = await load(`http://127.0.0.1:${port}/`, asked).catch((error: unknown) => {
      throw new Error(`${contender.name} failed under load`, { cause: error })
    })
    return { ...stood, cpu: ((await tell(child, 'cpu')) - before) / stood.requests }
  }

  async function stop(): Promise<void> {
    if (child.connected) {
      child.disconnect()
      await once(child, 'exit')
    }
  }

  return { contender, load: loaded, stop }
}

/** What it is told it answers with a number. */
async function tell(child: ChildProcess, message: Order | 'cpu'): Promise<number> {
  const answered = new AbortController()
  const answer = once(child, 'message', { signal: answered.signal })
  const end = once(child, 'exit', { signal: answered.signal }).then(([code]) => {
    throw new Error(`The server has ended with ${code}`)
  })
  child.send(message)
  try {
    return ((await Promise.race([answer, end])) as [number])[0]
  } finally {
    answered.abort()
  }
}

import type { HttpContender } from './contenders/http/contender.ts'
import { type Load, load, type Stood } from './http-load.ts'
import type { ServerQuestion, ServerSetting } from './http-server.ts'
import { startChild } from './measure/children.ts'
import type { Setting } from './world/world.ts'

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
export async function run(contender: HttpContender, setting: Setting): Promise<Running> {
  const { module } = contender
  const { ask, close } = await startChild<ServerQuestion>('http-server.ts', { module, setting } satisfies ServerSetting)
  const port = await ask({ of: 'port' })

  async function loaded(asked: Load): Promise<Run> {
    const before = await ask({ of: 'CPU' })
    const stood = await load(`http://127.0.0.1:${port}/`, asked).catch((error: unknown) => {
      throw new Error(`${contender.name} failed under load`, { cause: error })
    })
    return { ...stood, cpu: ((await ask({ of: 'CPU' })) - before) / stood.requests }
  }

  return { contender, load: loaded, stop: close }
}

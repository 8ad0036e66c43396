import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** A process of its own, which calls exported functions of modules, one at a time. */
export interface Child {
  /** Calls the function that `module` exports by the name of `work`. The arguments and the result are JSON. */
  readonly call: <Input extends readonly unknown[], Result>(
    module: string | URL,
    work: (...input: Input) => Promise<Result>,
    ...input: Input
  ) => Promise<Result>
  readonly close: () => Promise<void>
}

/** Starts a child on the first core, for measured code, or on the last core, for the load generator. */
export function startChild(core: 'first' | 'last' = 'first'): Child {
  const [execPath, ...execArgv] = [...pinnedTo(core), process.execPath, '--no-deprecation']
  const env = { ...process.env, NODE_ENV: 'production' }
  const child = fork(new URL('worker.ts', import.meta.url), { execPath, execArgv, env })
  return {
    call: (module, { name }, ...input) =>
      new Promise((resolve, reject) => {
        const fail = (): void => reject(new Error(`${name} failed in its process`))
        child.once('exit', fail)
        child.once('message', ({ result }: { readonly result: never }) => {
          child.off('exit', fail)
          resolve(result)
        })
        child.send({ module: String(module), name, input })
      }),
    async close() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** The words in front of a command that runs on one core. Without `taskset` the system chooses the cores. */
export function pinnedTo(core: 'first' | 'last'): readonly string[] {
  const last = availableParallelism() - 1
  const command = ['taskset', '--cpu-list', `${core === 'first' ? 0 : last}`] as const
  return last > 0 && spawnSync(command[0], ['--version']).status === 0 ? command : []
}

import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Which tokens of a file are sent, in which order, for how long; `http-load.lua` tells the mixes. */
export interface Load {
  /** How many requests are under way at a time: 64, unless fewer are asked for. */
  readonly connections?: number
  readonly file: string
  readonly mix: 'once' | 'in-turn' | 'in-twos' | 'zipf'
  readonly skip?: number
  readonly take: number
  readonly seed?: number
  readonly seconds: number
}

/** How a server stood it. Latencies are in milliseconds. */
export interface Stood {
  readonly requests: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

/** Loads the server at this URL; rejects when it answers a single request with an error, or none. */
export async function load(
  url: string,
  { connections = 64, file, mix, skip = 0, take, seed = 1, seconds }: Load,
): Promise<Stood> {
  const generator = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, url]
  const printed = await wrk([...generator, '--', file, mix, `${skip}`, `${take}`, `${seed}`])
  const report = printed.trimEnd().split('\n').at(-1) ?? ''
  const { requests, seconds: took, p50, p99, refused, broken } = JSON.parse(report) as Report
  if (refused > 0 || broken > 0 || requests === 0) {
    throw new Error(`Of ${requests} answers ${refused} were refusals, and ${broken} requests had none`)
  }
  return { requests, perSecond: requests / took, p50, p99 }
}

/** Rejects when the load generator is not installed. */
export async function expectWrk(): Promise<void> {
  // It prints its version with a usage, and calls that a failure.
  await promisify(execFile)('wrk', ['--version']).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new Error('The HTTP bench needs wrk: apt-get install -y --no-install-recommends wrk', { cause: error })
    }
  })
}

/** The last line that the script prints. */
interface Report {
  readonly requests: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  readonly refused: number
  readonly broken: number
}

const script = fileURLToPath(new URL('http-load.lua', import.meta.url))

/** On the last of the processor's cores, so that it is not moved to where the server is at work. */
async function wrk(args: readonly string[]): Promise<string> {
  const core = availableParallelism() - 1
  const [command, ...pinned] = process.platform === 'linux' ? ['taskset', '-c', `${core}`, 'wrk'] : ['wrk']
  return (await promisify(execFile)(command, [...pinned, ...args])).stdout
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { runCli } from '@tollgate/cli'

/** What a command printed, and its exit code. */
export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** The lines before the first empty line, as one: the cause. */
  readonly title: string
}

export interface Run {
  readonly args: readonly string[]
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

const main = new URL('../../packages/cli/src/main.ts', import.meta.url).pathname

/** Node strips the types of the sources once, and not in every process. */
const cache = join(tmpdir(), 'tollgate-compile-cache')

/** Runs a command in this process, because a process of its own takes a second. */
export async function runHere({ args, input = '', env = {} }: Run): Promise<Ended> {
  const [stdout, stderr] = [collector(), collector()]
  const stdin = Readable.from(input === '' ? [] : [Buffer.from(input)])
  const code = await runCli(args, { stdin, stdout: stdout.stream, stderr: stderr.stream, env })
  return ended(code, stdout.text(), stderr.text())
}

/** Runs the binary itself. */
export async function runBinary({ args, input = '', env = {} }: Run, cwd = process.cwd()): Promise<Ended> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { PATH, NODE_COMPILE_CACHE: cache, ...env } })
  const [stdout, stderr] = [collector(), collector()]
  child.stdout.pipe(stdout.stream)
  child.stderr.pipe(stderr.stream)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number]
  return ended(code, stdout.text(), stderr.text())
}

/** A stream that collects its text. */
export function collector(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, text: () => Buffer.concat(chunks).toString() }
}

function ended(code: number, stdout: string, stderr: string): Ended {
  const [title = ''] = `${stdout}${stderr}`.split('\n\n')
  return { code, stdout, stderr, title: title.replaceAll('\n', ' ') }
}

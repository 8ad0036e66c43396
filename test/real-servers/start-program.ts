import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CleanUp } from '../harness/listen.ts'
import { waitFor } from '../harness/wait-for.ts'
import { PATH } from './programs.ts'

/** A folder that is removed at the end. */
export function temporaryFolder(cleanUp: CleanUp): string {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-'))
  cleanUp(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A port that is free at the moment. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer()
  await once(server.listen(wanted, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

/** The same, for a server that comes back later: no connection of a client gets this port meanwhile. */
export async function reservedPort(): Promise<number> {
  for (;;) {
    try {
      return await freePort(randomInt(10_000, 30_000))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        throw error
      }
    }
  }
}

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts a server and waits until it responds. The server is stopped at the end, and its exit is awaited. */
export async function startProgram(
  { url, ...program }: Program & { readonly url: string },
  cleanUp: CleanUp,
): Promise<void> {
  await startServer(program, async () => isListening(url), cleanUp)
}

export interface RunningProgram {
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void
  /** Ends the program at once, and waits for its exit. */
  readonly kill: () => Promise<void>
}

/** The same for a server without HTTP. */
export async function startServer(
  { command, args, env = {} }: Program,
  isReady: () => Promise<boolean>,
  cleanUp: CleanUp,
): Promise<RunningProgram> {
  const child = spawn(command, args, { env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-10_000)))
  child.stderr.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-10_000)))
  let isEnded = false
  const ended = once(child, 'close').then(setEnded, setEnded)
  function setEnded(): void {
    isEnded = true
  }
  // A worker that ends early leaves no server behind.
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  cleanUp(async () => {
    child.kill()
    // A program that a test has paused ends as soon as it continues.
    child.kill('SIGCONT')
    await ended
    process.off('exit', kill)
  })
  await waitFor(async () => isEnded || (await isReady()))
  if (isEnded) {
    throw new Error(`${command} ended before it was ready: ${output}`)
  }
  return {
    signal: (signal) => void child.kill(signal),
    kill: async () => {
      kill()
      await ended
    },
  }
}

async function isListening(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { redirect: 'manual' })).body?.cancel()
    return true
  } catch {
    return false
  }
}

import { readFileSync } from 'node:fs'
import { libraries } from '../contenders/dpop.ts'
import { cpuTime } from '../server.ts'
import type { Setting } from '../world.ts'

type Verify = (token: string, proof: string) => Promise<unknown>

let started: Verify | undefined

/**
 * Presents each proof of a file once to the only library of this process, some at a time. Resolves with the CPU time, in
 * microseconds.
 */
export async function presentProofs(name: string, setting: Setting, file: string): Promise<number> {
  const verify = (started ??= libraries[name]?.(setting) as Verify)
  const lines = readFileSync(file, 'latin1')
    .split('\n')
    .map((line) => line.split(' ').map((part) => Buffer.from(part)))
  const next = lines.values()
  const presentInTurn = async (): Promise<void> => {
    for (const [token, proof] of next) {
      // Each request has new strings, as in a server.
      await verify(token?.toString('latin1') ?? '', proof?.toString('latin1') ?? '')
    }
  }
  const before = await cpuTime()
  await Promise.all(Array.from({ length: 16 }, presentInTurn))
  return (await cpuTime()) - before
}

import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes on the heap and beside it, when all garbage is gone. */
export function inUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** The same, to the kilobyte: what has a finalizer is gone only some turns later. */
export async function inUseAtRest(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    inUse()
    await sleep(20)
  }
  return inUse()
}

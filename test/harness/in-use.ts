import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const noise = 16 * 1024

/** Bytes on the heap and beside it, when all garbage is gone. */
export function inUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** The same when it falls no more: what has a finalizer, and what others have left behind, is gone only some turns later. */
export async function inUseAtRest(): Promise<number> {
  let least = inUse()
  for (let quiet = 0; quiet < 5; quiet += 1) {
    await sleep(20)
    const now = inUse()
    quiet = now < least - noise ? 0 : quiet
    least = Math.min(least, now)
  }
  return least
}

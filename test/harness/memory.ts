import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const noise = 16 * 1024

/** The bytes on the heap and outside of it, after a garbage collection. */
export function bytesInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

/** The bytes in use when they no longer fall, because finalizers and other tests release memory only after some turns. */
export async function bytesInUseAtRest(): Promise<number> {
  let min = bytesInUse()
  for (let quiet = 0; quiet < 5; quiet += 1) {
    await sleep(20)
    const now = bytesInUse()
    quiet = now < min - noise ? 0 : quiet
    min = Math.min(min, now)
  }
  return min
}

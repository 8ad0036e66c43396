import { setImmediate as breath } from 'node:timers/promises'
import { createValidator, trustedIssuer } from '@tollgate/core'
import { authenticating } from './contenders/jwt/tollgate.ts'
import { serve } from './measure/children.ts'
import { counting, offer } from './measure/laps.ts'
import { hmac, minting } from './growth-tokens.ts'
import { audience } from './world/tokens.ts'

export interface MemorySetting {
  readonly cache: 'memory' | 'nothing'
}

/** By how many bytes the memory of this child has grown after so many distinct tokens, each offered twice in a row. */
export interface MemoryQuestion {
  readonly distinct: number
}

const issuer = 'https://as.example'
const lap = 512

serve(async ({ remember }: MemorySetting) => {
  // Compiled code is not what a token costs: all of it has run for a validator that is gone.
  await createFlood(remember)(8 * lap)
  const offerTwice = createFlood(remember)
  return async ({ distinct }: MemoryQuestion) => {
    const before = await bytesHeld()
    await offerTwice(distinct)
    return (await bytesHeld()) - before
  }
})

/** Of a new validator, and tokens that it has not seen. */
function createFlood(remember: MemorySetting['remember']): (distinct: number) => Promise<void> {
  const { secret, ...signer } = hmac()
  const options = { issuer: trustedIssuer(issuer, { secret }), audience, remember }
  const validate = authenticating(createValidator(options))
  const headers = counting(minting(signer, issuer))
  return async (distinct) => {
    for (let offered = 0; offered < distinct; offered += lap) {
      const some = headers(Math.min(lap, distinct - offered))
      await offer(some, validate)
      await offer(some, validate)
    }
  }
}

async function bytesHeld(): Promise<number> {
  for (let times = 0; times < 3; times += 1) {
    await breath()
    globalThis.gc?.()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

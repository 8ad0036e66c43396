import { readFile } from 'node:fs/promises'
import type { JwtContender, Verify } from './contenders/jwt/contender.ts'
import { serve } from './measure/children.ts'
import { inLanes } from './measure/lanes.ts'
import type { Setting } from './world/world.ts'

/** Who is measured, and with which tokens. */
export interface InProcessSetting {
  readonly module: string
  readonly setting: Setting
  readonly warm: string
  readonly cold: string
}

/** `count` verifications, so many in flight: of the tokens in `cold` from `first` on, or of those in `warm` in turn. Answered with microseconds for one. */
export interface InProcessQuestion {
  readonly tokens: 'warm' | 'cold'
  readonly first: number
  readonly count: number
  readonly inFlight: number
}

serve(async ({ module, setting, warm, cold }: InProcessSetting) => {
  const { contender } = (await import(module)) as { readonly contender: JwtContender }
  const verify = await contender.start(setting)
  const files = { warm: await read(warm), cold: await read(cold) }
  return async ({ tokens, first, count, inFlight }: InProcessQuestion) => {
    const all = files[tokens]
    const some = Array.from({ length: count }, (_, index) => all[(first + index) % all.length] ?? Buffer.of())
    globalThis.gc?.()
    return timeOf(verify, some, inFlight)
  }
})

/** Each verification has a string that nobody has seen, as in a server. */
async function timeOf(verify: Verify, tokens: readonly Buffer[], inFlight: number): Promise<number> {
  const start = performance.now()
  await inLanes(tokens, inFlight, (token) => verify(token.toString('latin1')))
  return ((performance.now() - start) * 1000) / tokens.length
}

/** As bytes of `Authorization` headers. */
async function read(file: string): Promise<readonly Buffer[]> {
  return (await readFile(file, 'latin1')).split('\n').map((token) => Buffer.from(`Bearer ${token}`, 'latin1'))
}

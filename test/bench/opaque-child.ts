import type { OpaqueSetting } from './contenders/opaque/contender.ts'
import { opaqueContenders } from './contenders/opaque.ts'
import { serve } from './measure/children.ts'
import { inLanes } from './measure/lanes.ts'
import { opaqueToken } from './world/tokens.ts'

export interface ContenderSetting extends OpaqueSetting {
  readonly name: string
}

/** How many seconds so many requests take, each with one of so many new tokens. */
export interface SpreadQuestion {
  readonly requests: number
  readonly tokens: number
  readonly inFlight: number
}

serve(async ({ name, ...setting }: ContenderSetting) => {
  const contender = opaqueContenders.find((one) => one.name === name)
  if (contender === undefined) {
    throw new Error(`Nobody is called ${name}`)
  }
  const verify = await contender.start(setting)

  async function spread({ requests, tokens, inFlight }: SpreadQuestion): Promise<number> {
    const minted = Array.from({ length: tokens }, opaqueToken)
    const drawn = Array.from({ length: requests }, () => minted[Math.floor(Math.random() * tokens)] ?? '')
    const start = performance.now()
    await inLanes(drawn, inFlight, verify)
    return (performance.now() - start) / 1000
  }

  // Connections are made, and code is compiled.
  await spread({ requests: contender.remembers ? 10_000 : 512, tokens: 64, inFlight: 64 })
  return spread
})

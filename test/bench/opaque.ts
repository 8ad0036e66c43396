import type { OpaqueContender, OpaqueSetting } from './contenders/opaque/contender.ts'
import { opaqueContenders } from './contenders/opaque.ts'
import { afresh, type Extent } from './measure/afresh.ts'
import { type Child, startChild, withChildren } from './measure/children.ts'
import { interleave } from './measure/interleave.ts'
import type { Series } from './measure/series.ts'
import type { ContenderSetting, SpreadQuestion } from './opaque-child.ts'
import type { WarmQuestion, WarmSetting } from './opaque-warm.ts'
import { audience } from './world/tokens.ts'
import { type World } from './world/world.ts'

const suite = 'opaque'
const most = 10_000
const leastWarmRounds = 12

/** Opaque tokens: requests per second and calls to the authorization server, which takes 5 or 50 ms; and ours against JWTs when all is remembered. */
export async function measureOpaque(world: World, extent: Extent): Promise<readonly Series[]> {
  const delayed = (delay: number): Promise<readonly Series[]> =>
    afresh(extent, (rounds) => measureDelay(world, delay, { ...extent, rounds }))
  const warm = { ...extent, rounds: Math.max(extent.rounds, leastWarmRounds) }
  return [
    ...(await delayed(5)),
    ...(await delayed(50)),
    ...(await afresh(warm, (rounds) => measureWarm(world, { ...warm, rounds }))),
  ]
}

async function measureDelay(world: World, delay: number, { rounds, scale }: Extent): Promise<readonly Series[]> {
  const setting = settingOf(world, delay)
  const start = ({ name }: OpaqueContender) =>
    startChild<SpreadQuestion>('opaque-child.ts', { ...setting, name } satisfies ContenderSetting)
  return withChildren(opaqueContenders, start, async (children) => {
    const all = children.map(({ one, child }) => contend(one, child, setting.endpoint, requestsFor(one, delay, scale)))
    const tell = (what: string, unit: string, of: 'perSecond' | 'calls' | 'burst') =>
      interleave(
        { suite, setting: `${delay} ms, ${what}`, unit },
        all.map((one) => ({ contender: one.contender, measure: one[of] })),
        rounds,
      )
    return [
      ...(await tell('req/s', 'req/s', 'perSecond')),
      ...(await tell('calls for 10,000 requests over 100 tokens', 'calls', 'calls')),
      ...(await tell('calls in a burst of 1,000 for one token', 'calls', 'burst')),
    ]
  })
}

/** Where every request waits for the endpoint, fewer tell as much. */
function requestsFor({ remembers }: OpaqueContender, delay: number, scale: number): number {
  return remembers ? most : Math.round((delay < 50 ? most : 2000) * scale)
}

/** The calls are those of the requests that were timed, so `perSecond` has to come before `calls`. */
function contend({ name }: OpaqueContender, child: Child<SpreadQuestion>, endpoint: string, requests: number) {
  const calls: number[] = []

  async function ask(question: SpreadQuestion): Promise<{ readonly seconds: number; readonly calls: number }> {
    const before = await callsTo(endpoint)
    const seconds = await child.ask(question)
    return { seconds, calls: (await callsTo(endpoint)) - before }
  }

  return {
    contender: name,
    perSecond: async (round: number) => {
      const taken = await ask({ requests, tokens: 100, inFlight: 64 })
      calls[round] = (taken.calls * most) / requests
      return requests / taken.seconds
    },
    calls: async (round: number) => calls[round] ?? Number.NaN,
    burst: async () => (await ask({ requests: 1000, tokens: 1, inFlight: 1000 })).calls,
  }
}

async function measureWarm(world: World, { rounds, scale }: Extent): Promise<readonly Series[]> {
  const file = await world.tokensOf('RS256', 'warm', 1000)
  const cases: readonly WarmSetting[] = [
    { ...settingOf(world, 5), kind: 'opaque' },
    { ...world.settingOf('RS256'), kind: 'JWT', file },
  ]
  const start = (setting: WarmSetting) => startChild<WarmQuestion>('opaque-warm.ts', setting)
  return withChildren(cases, start, (children) =>
    interleave(
      { suite, setting: 'warm, 64 in flight', unit: 'µs' },
      children.map(({ one, child }) => ({
        contender: `tollgate, ${one.kind}`,
        measure: () => child.ask({ milliseconds: 200 * scale }),
      })),
      rounds,
    ),
  )
}

function settingOf(world: World, delay: number): OpaqueSetting {
  const endpoint = `${world.url}/introspect/${delay}`
  return { issuer: world.url, endpoint, audience, clientId: 'an-api', clientSecret: 'the secret of an API' }
}

async function callsTo(endpoint: string): Promise<number> {
  const { calls } = (await (await fetch(endpoint)).json()) as { readonly calls: number }
  return calls
}

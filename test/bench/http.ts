import { bestKnownPeers, httpContenders } from './contenders/http.ts'
import type { HttpContender } from './contenders/http/contender.ts'
import { expectWrk } from './http-load.ts'
import { cold, type Mix, warm, zipf } from './http-mixes.ts'
import { type Run, run, type Running } from './http-running.ts'
import { afresh, type Rounds } from './measure/afresh.ts'
import { interleave } from './measure/interleave.ts'
import type { Series } from './measure/series.ts'
import { type World } from './world/world.ts'

/** How long to measure: rounds of so many seconds, with RS256; without `peers` only the bare frameworks and ours, for a quick look. */
export interface HttpLength extends Rounds {
  readonly seconds: number
  readonly peers: boolean
}

/** Measures requests per second, latencies and CPU time through HTTP, of Express, Koa and Fastify. It needs wrk. */
export async function measureHttp(world: World, length: HttpLength): Promise<readonly Series[]> {
  await expectWrk()
  const ours = httpContenders.filter(({ role }) => role === 'bare' || role === 'tollgate')
  const all = length.peers ? httpContenders : ours
  const some = length.peers ? [...ours, ...bestKnownPeers] : ours
  const measure = (name: string, mix: Mix, contenders: readonly HttpContender[]): Promise<readonly Series[]> =>
    afresh(length, (rounds) => measureMix(world, name, mix, contenders, { ...length, rounds }))
  return [
    ...(await measure('warm', warm, all)),
    ...(await measure('cold', cold, all)),
    ...(await measure('Zipf', zipf, some)),
  ]
}

/** All servers are alive at a time, but one has something to do. */
async function measureMix(
  world: World,
  name: string,
  mix: Mix,
  contenders: readonly HttpContender[],
  length: { readonly rounds: number; readonly seconds: number },
): Promise<readonly Series[]> {
  const servers: Running[] = []
  const series: Series[] = []
  try {
    for (const contender of contenders) {
      servers.push(await run(contender, world.settingOf('RS256')))
    }
    const loadIn = await mix(world, servers, length)
    for (const framework of ['Express', 'Koa', 'Fastify'] as const) {
      const those = servers.filter(({ contender }) => contender.framework === framework)
      series.push(...(await measureServers(`${framework} ${name}`, those, loadIn, length.rounds)))
    }
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()))
  }
  return series
}

/** One run tells everything; each figure of it is a series. */
async function measureServers(
  setting: string,
  servers: readonly Running[],
  loadIn: (server: Running, round: number) => Promise<Run>,
  rounds: number,
): Promise<readonly Series[]> {
  const runs = new Map(servers.map(({ contender }) => [contender.name, [] as Run[]]))
  const measured = servers.map((server) => ({
    contender: server.contender.name,
    measure: async (round: number): Promise<number> => {
      const one = await loadIn(server, round)
      runs.get(server.contender.name)?.push(one)
      return one.perSecond
    },
  }))
  const rates = await interleave({ suite: 'http', setting, unit: 'req/s' }, measured, rounds)
  const others = figures.flatMap(({ suffix, unit, of }) =>
    rates.map(({ suite, contender }) => {
      const samples = (runs.get(contender) ?? []).map(of)
      return { suite, setting: `${setting}, ${suffix}`, contender, unit, samples }
    }),
  )
  return [...rates, ...others]
}

const figures: readonly { readonly suffix: string; readonly unit: string; readonly of: (run: Run) => number }[] = [
  { suffix: 'p50', unit: 'ms', of: ({ p50 }) => p50 },
  { suffix: 'p99', unit: 'ms', of: ({ p99 }) => p99 },
  { suffix: 'CPU', unit: 'µs', of: ({ cpu }) => cpu },
]

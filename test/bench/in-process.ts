import type { JwtContender } from './contenders/jwt/contender.ts'
import { jwtContenders } from './contenders/jwt.ts'
import type { InProcessQuestion, InProcessSetting } from './in-process-child.ts'
import { afresh, type Extent } from './measure/afresh.ts'
import { type Child, startChild, withChildren } from './measure/children.ts'
import { interleave, type Measured } from './measure/interleave.ts'
import type { Series } from './measure/series.ts'
import { type Algorithm, algorithms, type World } from './world/world.ts'

const usual = 1000
/** Verifications for a sample, at most. */
const coldOnes = { 1: 1000, 64: 3000 }
/** Microseconds that a sample takes at most, as far as the pace tells: of tokens that are new, and of such as come again. */
const coldFor = 250_000
const warmFor = 150_000
const fewest = 50

/** Verification without a server: tokens that are new and such as come again, one at a time and 64 at a time, by every algorithm. */
export async function measureInProcess(world: World, extent: Extent): Promise<readonly Series[]> {
  const all: (readonly Series[])[] = []
  for (const algorithm of algorithms) {
    all.push(await afresh(extent, (rounds) => measureAlgorithm(world, algorithm, { ...extent, rounds })))
  }
  return all.flat()
}

async function measureAlgorithm(world: World, algorithm: Algorithm, extent: Extent): Promise<readonly Series[]> {
  const contenders = jwtContenders.filter((contender) => contender.algorithms.includes(algorithm))
  const setting = world.settingOf(algorithm)
  // Each token once: the rounds of both settings, and as many as go before.
  const { alone, together } = coldCounts(extent.scale)
  const files = {
    warm: await world.tokensOf(algorithm, 'warm', usual),
    cold: await world.tokensOf(algorithm, 'cold', (extent.rounds + 1) * (alone + together)),
  }
  const start = ({ module }: JwtContender): Promise<Child<InProcessQuestion>> =>
    startChild('in-process-child.ts', { module, setting, ...files } satisfies InProcessSetting, ['--expose-gc'])
  return withChildren(contenders, start, async (children) => {
    const runners: Omit<Runner, 'pace'>[] = []
    for (const { one, child } of children) {
      runners.push(await compile(one.name, child, extent))
    }
    const cold = await measureCold(algorithm, runners, extent)
    const paced: Runner[] = []
    for (const runner of runners) {
      paced.push({ ...runner, pace: await warmPace(runner.ask) })
    }
    return [...cold, ...(await measureWarm(algorithm, paced, extent))]
  })
}

interface Runner {
  readonly contender: string
  readonly ask: Child<InProcessQuestion>['ask']
  /** Microseconds for a token that is new. */
  readonly coldPace: number
  /** Microseconds for a token that it knows. */
  readonly pace: number
}

/** Until everything is compiled. */
async function compile(
  contender: string,
  { ask }: Child<InProcessQuestion>,
  { scale }: Extent,
): Promise<Omit<Runner, 'pace'>> {
  const { alone, together } = coldCounts(scale)
  const few = Math.min(fewest, alone)
  const first = await ask({ tokens: 'cold', first: 0, count: few, inFlight: 64 })
  const rest = atMost(alone + together - few, first, coldFor)
  return { contender, ask, coldPace: await ask({ tokens: 'cold', first: few, count: rest, inFlight: 64 }) }
}

/** After the cold ones, for they drive what is remembered out of small caches. */
async function warmPace(ask: Runner['ask']): Promise<number> {
  let pace = Infinity
  for (let pass = 0; pass < 4; pass += 1) {
    pace = await ask({ tokens: 'warm', first: 0, count: usual, inFlight: 64 })
  }
  return pace
}

/** No more than take so long, but enough to tell. */
function atMost(count: number, pace: number, microseconds: number): number {
  return Math.min(count, Math.max(fewest, Math.ceil(microseconds / pace)))
}

function coldCounts(scale: number): { readonly alone: number; readonly together: number } {
  return { alone: Math.ceil(coldOnes[1] * scale), together: Math.ceil(coldOnes[64] * scale) }
}

async function measureCold(
  algorithm: Algorithm,
  runners: readonly Omit<Runner, 'pace'>[],
  { rounds, scale }: Extent,
): Promise<readonly Series[]> {
  const { alone, together } = coldCounts(scale)
  const first = (round: number): number => (round + 1) * (alone + together)
  const inFlight = (many: 1 | 64, from: (round: number) => number, count: number): Promise<readonly Series[]> =>
    interleave(
      named(`${algorithm} cold, ${many} in flight`),
      runners.map(({ contender, ask, coldPace }): Measured => ({
        contender,
        measure: (round) =>
          ask({ tokens: 'cold', first: from(round), count: atMost(count, coldPace, coldFor * scale), inFlight: many }),
      })),
      rounds,
    )
  return [...(await inFlight(64, first, together)), ...(await inFlight(1, (round) => first(round) + together, alone))]
}

async function measureWarm(
  algorithm: Algorithm,
  runners: readonly Runner[],
  { rounds, scale }: Extent,
): Promise<readonly Series[]> {
  const all: (readonly Series[])[] = []
  for (const inFlight of [1, 64]) {
    const measured = runners.map(({ contender, ask, pace }): Measured => {
      const count = Math.ceil(Math.max(fewest, Math.min(50_000, warmFor / pace)) * scale)
      return { contender, measure: () => ask({ tokens: 'warm', first: 0, count, inFlight }) }
    })
    all.push(await interleave(named(`${algorithm} warm, ${inFlight} in flight`), measured, rounds))
  }
  return all.flat()
}

function named(setting: string): Pick<Series, 'suite' | 'setting' | 'unit'> {
  return { suite: 'in-process', setting, unit: 'µs' }
}

import { parseArgs } from 'node:util'
import { floors } from './floors.ts'
import { measureGrowth } from './growth.ts'
import { measureHttp } from './http.ts'
import { measureInProcess } from './in-process.ts'
import type { Extent } from './measure/afresh.ts'
import { isMissed, judge } from './measure/judge.ts'
import type { Series } from './measure/series.ts'
import { measureOpaque } from './opaque.ts'
import { demandPlaces, publish } from './report/publish.ts'
import { keep, readKept, resultsOf } from './report/results.ts'
import { floorsSection, sectionOf } from './report/sections.ts'
import { createWorld, type World } from './world/world.ts'

type Suite = Series['suite']

/** What all suites are told of how much to measure, and the one through HTTP besides. */
interface WholeExtent extends Extent {
  readonly seconds: number
  readonly peers: boolean
}

const whole: WholeExtent = { rounds: 6, processes: 2, scale: 1, seconds: 3, peers: true }
const quick: WholeExtent = { rounds: 2, processes: 1, scale: 0.02, seconds: 1, peers: false }

const suites: Readonly<Record<Suite, (world: World, extent: WholeExtent) => Promise<readonly Series[]>>> = {
  'in-process': measureInProcess,
  http: measureHttp,
  opaque: measureOpaque,
  growth: measureGrowth,
}

const usage = `node test/bench/main.ts [suite…] [--quick]   measures all suites, or those named: ${Object.keys(suites).join(', ')}
node test/bench/main.ts report               draws the last whole run once more`

const plan = await makePlan().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
if (plan !== undefined) {
  await carryOut(plan)
}

/** What a run is asked to do; `isKept` when it is a whole one, and written into the documentation. */
interface Plan {
  readonly named: readonly Suite[]
  readonly isQuick: boolean
  readonly isKept: boolean
}

/** Whatever can be complained about is complained about here, before anything is measured. */
async function makePlan(): Promise<Plan | undefined> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false } },
  })
  if (positionals.join() === 'report') {
    await publish(await readKept())
    return undefined
  }
  const isKept = positionals.length === 0 && !values.quick
  if (isKept) {
    await demandPlaces()
  }
  const named = positionals.length === 0 ? Object.keys(suites) : positionals
  return { named: [...new Set(named.map(suiteOf))], isQuick: values.quick, isKept }
}

async function carryOut({ named, isQuick, isKept }: Plan): Promise<void> {
  const series = await measure(named, isQuick)
  if (isKept) {
    const results = resultsOf(series)
    await keep(results)
    await publish(results)
  }
  process.exitCode = isGoodEnough(named, series) || isQuick ? 0 : 1
}

function suiteOf(name: string): Suite {
  if (!Object.hasOwn(suites, name)) {
    throw new Error(`There is no suite ${name}\n${usage}`)
  }
  return name as Suite
}

/** All in one world, one suite after the other; tables are printed as they come. */
async function measure(named: readonly Suite[], isQuick: boolean): Promise<readonly Series[]> {
  const world = await createWorld()
  try {
    const all: Series[] = []
    for (const suite of named) {
      console.error(`${suite}: measuring`)
      const start = performance.now()
      all.push(...(await suites[suite](world, isQuick ? quick : whole)))
      console.error(`${suite}: took ${Math.round((performance.now() - start) / 1000)} s`)
      console.log(`\n## ${suite}\n\n${sectionOf(suite, all)}`)
    }
    return all
  } finally {
    await world.close()
  }
}

/** Prints how the floors of these suites fared, and whether none is missed. */
function isGoodEnough(named: readonly Suite[], series: readonly Series[]): boolean {
  const asked = floors.filter(({ suite }) => named.includes(suite))
  const judgements = judge(asked, series)
  const missed = judgements.filter(isMissed).length
  const doubtful = judgements.filter(({ verdict }) => verdict === 'within noise').length
  console.log(`\n## floors\n\n${floorsSection(judgements)}\n`)
  console.log(
    `Of ${asked.length} floors ${missed} are missed, and ${doubtful} are off by no more than the noise of this run.`,
  )
  return missed === 0
}

// Compares a request with a DPoP proof with the verification of its proof alone, and bearer requests with those before
// DPoP. Run it with `npx -y pnpm@12 bench:dpop`. It fails when a floor is missed by more than the noise of the run.
import { parseArgs } from 'node:util'
import { markdownTable } from 'markdown-table'
import { installBefore } from '../before.ts'
import { proofAlone, tollgate } from '../contenders/dpop.ts'
import { checkFloor, type Floor } from '../floors.ts'
import { estimate, type Measurement } from '../measurements.ts'
import { createWorld } from '../world.ts'
import { accepting, beforeDpop, measureBearer, measureProofs, settings } from './measure.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
/** A quick run shows that everything works. Its figures count for nothing. */
const length = values.quick ? { rounds: 1, requests: 200 } : { rounds: 9, requests: 4000 }
/** The validator caches the keys of all of them. */
const clients = values.quick ? [1] : [1, 100, 2000]

const measurements = await measureAll()
const proofFloors = [settings.inProcess, settings.express].flatMap((setting) =>
  clients.map((count): Floor => ({ setting: `${setting}, clients: ${count}`, dividedBy: proofAlone, atMost: 1.3 })),
)
const bearerFloors = [settings.warm, settings.new].flatMap((setting) => [
  { setting, dividedBy: beforeDpop.title, atMost: 1 },
])
const results = [...proofFloors, ...bearerFloors].map((floor) => checkFloor(floor, measurements))
console.log(table())
console.log(`\n${resultTable()}`)
const failures = values.quick ? ['not measured'] : ['missed', 'not measured']
process.exitCode = results.some(({ result }) => failures.includes(result)) ? 1 : 0

async function measureAll(): Promise<readonly Measurement[]> {
  const before = installBefore(beforeDpop.commit)
  const world = await createWorld()
  try {
    const all: Measurement[] = []
    for (const count of clients) {
      all.push(...(await measureProofs(world, count, length)))
    }
    return [...all, ...(await measureBearer(world, before, length))]
  } finally {
    await world.close()
    before?.remove()
  }
}

function table(): string {
  const contenders = [tollgate, accepting, proofAlone, beforeDpop.title]
  const rows = [...new Set(measurements.map(({ setting }) => setting))].map((setting) => [
    setting,
    ...contenders.map((contender) => show(estimate(measurements, setting, contender), 0)),
  ])
  return markdownTable([['', ...contenders], ...rows], { align: ['l', ...contenders.map(() => 'r')] })
}

function resultTable(): string {
  const rows = results.map(({ floor, measured, result }) => [
    floor.setting,
    `Tollgate ÷ ${floor.dividedBy}`,
    `≤ ${floor.atMost}`,
    show(measured, 2),
    result,
  ])
  return markdownTable([['setting', 'of', 'limit', 'measured', 'result'], ...rows], {
    align: ['l', 'l', 'r', 'r', 'l'],
  })
}

function show(one: ReturnType<typeof estimate>, digits: number): string {
  return one === undefined ? '' : `${one.median.toFixed(digits)} ± ${one.noise.toFixed(digits)}`
}

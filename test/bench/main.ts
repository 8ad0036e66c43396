import { parseArgs } from 'node:util'
import { installBefore } from './before.ts'
import { checkFloor, floors } from './floors.ts'
import { measureHttp } from './http.ts'
import { measureJwts, measureOpaqueTokens } from './in-process.ts'
import type { Measurement } from './measurements.ts'
import { publish, tablesOf } from './report.ts'
import { measureStartUp } from './start-up.ts'
import { createWorld } from './world.ts'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })

/** A quick run shows that everything works. Its figures count for nothing. */
const length = values.quick
  ? { http: { rounds: 1, seconds: 0.3 }, startUp: 2, inProcess: 1 }
  : { http: { rounds: 7, seconds: 1.2 }, startUp: 15, inProcess: 3 }

const start = performance.now()
const measurements = await measureAll()
const results = floors.map((floor) => checkFloor(floor, measurements))
const failures = values.quick ? ['not measured'] : ['missed', 'not measured']
const failed = results.filter(({ result }) => failures.includes(result))

console.log(tablesOf(measurements, results))
if (!values.quick) {
  publish(measurements, results)
}
console.error(`The run took ${Math.round((performance.now() - start) / 1000)} s.`)
for (const { floor, result } of failed) {
  console.error(`${result}: ${JSON.stringify(floor)}`)
}
process.exitCode = failed.length === 0 ? 0 : 1

async function measureAll(): Promise<readonly Measurement[]> {
  const before = installBefore()
  const world = await createWorld()
  try {
    return [
      ...(await measureHttp(world, before, length.http)),
      ...(await measureOpaqueTokens(world)),
      ...(await measureStartUp(length.startUp)),
      ...(await measureJwts(world, length.inProcess)),
    ]
  } finally {
    await world.close()
    before?.remove()
  }
}

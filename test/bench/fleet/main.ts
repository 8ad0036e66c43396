// Compares a fleet on paper with a simulation of it, and prints what the whole fleet costs. Run it with
// `npx -y pnpm@12 bench:fleet`.
import { markdownTable } from 'markdown-table'
import { costPerToken, fleetCosts, type FleetModel } from './model.ts'
import { simulate } from './simulate.ts'

interface Traffic extends FleetModel {
  readonly name: string
  /** The number of tokens in the simulation. */
  readonly sample: number
}

const fleet = { processes: 1000, tokensPerDay: 1e8, cacheFor: 60 }
const traffics: readonly Traffic[] = [
  { ...fleet, name: '20 requests in five minutes', lifetime: 300, requestsPerToken: 20, sample: 500 },
  { ...fleet, name: '20 requests in an hour', lifetime: 3600, requestsPerToken: 20, sample: 500 },
  { ...fleet, name: '600 requests in an hour', lifetime: 3600, requestsPerToken: 600, sample: 20 },
]
/** One token in a thousand. */
const revoked = 0.001

const simulated: string[][] = []
for (const { name, sample, ...model } of traffics) {
  const paper = costPerToken(model)
  const found = await simulate(model, sample)
  for (const part of ['introspections', 'reads', 'commands'] as const) {
    simulated.push([name, part, paper[part].toFixed(1), found[part].toFixed(1)])
  }
}
console.log(markdownTable([['each token', '', 'on paper', 'simulated'], ...simulated]))

const costs = traffics.map((traffic) => ({ name: traffic.name, ...fleetCosts(traffic, revoked) }))
const rows: readonly (readonly [string, (cost: (typeof costs)[number]) => string])[] = [
  ['calls to the authorization server, a second', (cost) => whole(cost.callsPerSecond)],
  ['commands to Redis, a second', (cost) => whole(cost.commandsPerSecond)],
  ['memory of Redis for results', (cost) => megabytes(cost.resultBytes)],
  ['CPU of a process for Redis', (cost) => `${(cost.readCpu * 100).toFixed(1)} %`],
  ['revocations, a second', (cost) => cost.revocationsPerSecond.toFixed(1)],
  ['memory of Redis for the log', (cost) => megabytes(cost.logBytes)],
  ['records that all processes read, a second', (cost) => whole(cost.recordsReadPerSecond)],
  ['memory of a process for revocations', (cost) => megabytes(cost.revocationBytes)],
  ['start of a process: reading the log', (cost) => `${cost.catchUp.toFixed(0)} s`],
]
const header = ['the fleet', ...costs.map(({ name }) => name)]
console.log(`\n${markdownTable([header, ...rows.map(([name, show]) => [name, ...costs.map(show)])])}`)

function whole(count: number): string {
  return Number(count.toPrecision(3)).toLocaleString('en')
}

function megabytes(bytes: number): string {
  return `${whole(bytes / 1e6)} MB`
}

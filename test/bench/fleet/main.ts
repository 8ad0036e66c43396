// Compares a fleet on paper with a simulation of it. Run it with `npx -y pnpm@12 bench:fleet`.
import { markdownTable } from 'markdown-table'
import { costPerToken, type FleetModel } from './model.ts'
import { simulate } from './simulate.ts'

const day = 86_400
const hour = 3600
/** Two kinds of traffic: a token for a few requests, and a token of a busy client. */
const models: readonly (FleetModel & { readonly name: string; readonly sample: number })[] = [
  {
    name: '20 requests in an hour',
    processes: 1000,
    tokensPerDay: 1e8,
    lifetime: hour,
    requestsPerToken: 20,
    cacheFor: 60,
    sample: 500,
  },
  {
    name: '600 requests in an hour',
    processes: 1000,
    tokensPerDay: 1e8,
    lifetime: hour,
    requestsPerToken: 600,
    cacheFor: 60,
    sample: 20,
  },
  {
    name: '20 requests in five minutes',
    processes: 1000,
    tokensPerDay: 1e8,
    lifetime: 300,
    requestsPerToken: 20,
    cacheFor: 60,
    sample: 500,
  },
]

const rows: string[][] = []
for (const { name, sample, ...model } of models) {
  const paper = costPerToken(model)
  const found = await simulate(model, sample)
  for (const part of ['introspections', 'reads', 'commands'] as const) {
    const perSecond = (paper[part] * model.tokensPerDay) / day
    rows.push([name, part, paper[part].toFixed(1), found[part].toFixed(1), Math.round(perSecond).toLocaleString('en')])
  }
}
console.log(
  markdownTable([
    ['traffic', 'per token', 'on paper', 'simulated', 'a second, with 100 million tokens a day'],
    ...rows,
  ]),
)

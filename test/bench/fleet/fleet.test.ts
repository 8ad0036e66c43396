/** The fleet on paper agrees with a simulation of real validators. */
import { expect, test } from 'vitest'
import { costPerToken, type FleetModel } from './model.ts'
import { simulate } from './simulate.ts'

test.each<FleetModel & { readonly sample: number }>([
  { processes: 20, tokensPerDay: 1e6, lifetime: 3600, requestsPerToken: 20, cacheFor: 60, sample: 100 },
  { processes: 20, tokensPerDay: 1e6, lifetime: 3600, requestsPerToken: 600, cacheFor: 60, sample: 10 },
])('with $requestsPerToken requests for each token', async ({ sample, ...model }) => {
  const paper = costPerToken(model)
  const found = await simulate(model, sample)
  for (const part of ['introspections', 'reads', 'commands'] as const) {
    expect(found[part] / paper[part], part).toBeGreaterThan(0.85)
    expect(found[part] / paper[part], part).toBeLessThan(1.15)
  }
})

/** What becomes of requests while the issuer does what it should not, over real sockets: each scenario in the two frameworks that differ most. */
import { beforeAll, expect, test, vi } from 'vitest'
import { type Adapter, unlike } from '../harness/adapters.ts'
import { openScriptedIssuer, type ScriptedIssuer } from '../harness/scripted-issuer.ts'
import { ages, type Calls, healthy, type Scenario, step, type Step } from './scenarios.steps.ts'
import { scenarios } from './scenarios.ts'

const plays = unlike.flatMap((adapter) => scenarios.map((scenario) => playOf(adapter, scenario)))

// Those that wait for deadlines wait together, while the others are played.
beforeAll(() => {
  for (const [index, { run }] of plays.filter(({ isLong }) => isLong).entries()) {
    setTimeout(() => void run().catch(toldByItsTest), index * 50)
  }
})

test.concurrent.each(plays.map(({ title, run }) => [title, run] as const))('%s', (_title, run) => run(), 30_000)

interface Play {
  readonly title: string
  readonly isLong: boolean
  /** Plays it, once. */
  readonly run: () => Promise<void>
}

function playOf(adapter: Adapter, scenario: Scenario): Play {
  const { document, phase, name, isLong = false } = scenario
  let played: Promise<void> | undefined
  return {
    title: `${adapter.name} · ${document}, ${phase}: ${name}`,
    isLong,
    run: () => (played ??= play(adapter, scenario)),
  }
}

async function play(adapter: Adapter, scenario: Scenario): Promise<void> {
  const { document, phase, act, steps } = scenario
  const issuer = await openScriptedIssuer(adapter)
  try {
    issuer.act(healthy[document])
    if (phase !== 'cold') {
      await take(issuer, step('known', 'OK', { oauth: 1, jwks: 1 }), 'at first')
      await issuer.rest()
      issuer.advance(scenario.age ?? ages[document][phase])
    }
    issuer.act(act)
    await takeAll(issuer, steps)
    await issuer.rest()
    expect(issuer.calls(), 'in the end').toEqual(steps.at(-1)?.calls)
  } finally {
    await issuer.close()
  }
}

async function takeAll(issuer: ScriptedIssuer, steps: readonly Step[], when = ''): Promise<void> {
  for (const [index, next] of steps.entries()) {
    await take(issuer, next, `${when}step ${index + 1}`)
  }
}

async function take(issuer: ScriptedIssuer, { after = 0, act = {}, ...expected }: Step, name: string): Promise<void> {
  const { present, gives, within, calls, meanwhile = [], retryAfter: [least, most] = [1, 120] } = expected
  if (after > 0) {
    await issuer.rest()
    issuer.advance(after)
  }
  issuer.act(act)
  const [{ outcome, retryAfter = least }] = await Promise.all([
    issuer.present(present, within),
    expectCalls(issuer, calls, name, within).then(() => takeAll(issuer, meanwhile, `${name}, meanwhile `)),
  ])
  expect(outcome, name).toBe(gives)
  expect(retryAfter, `${name}, Retry-After`).toBeGreaterThanOrEqual(least)
  expect(retryAfter, `${name}, Retry-After`).toBeLessThanOrEqual(most)
}

/** Some are made behind the back of those who are served. */
function expectCalls(issuer: ScriptedIssuer, calls: Calls, name: string, within: number): Promise<void> {
  return vi.waitFor(() => expect(issuer.calls(), name).toEqual(calls), { interval: 5, timeout: within })
}

/** It awaits the same promise. */
function toldByItsTest(): void {}

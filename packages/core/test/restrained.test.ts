import { expect, test } from 'vitest'
import { restrained, type RestrainedAsk } from '../src/introspection/upstream-limits.ts'
import { UpstreamError, type UpstreamReason } from '../src/responses/unavailable.ts'

interface Scene {
  readonly ask: RestrainedAsk
  readonly time: { now: number }
  /** What every call fails with. */
  readonly fault: { reason: UpstreamReason }
}

function open(): Scene {
  const time = { now: 0 }
  const fault = { reason: 'upstream-error' as UpstreamReason }
  const fail = (): Promise<never> => Promise.reject(new UpstreamError({ reason: fault.reason, message: 'it failed' }))
  return { time, fault, ask: restrained(fail, { clock: () => time.now, patience: 1000, label: 'issuer' }) }
}

async function askOften({ ask }: Scene): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await expect(ask('t', 'known')).rejects.toThrow(UpstreamError)
  }
}

test.each(['closing', 'insecure-endpoint', 'backing-off'] as const)(
  'when nobody was asked, for %s, that says nothing of the server',
  async (reason) => {
    const scene = open()
    scene.fault.reason = reason
    await askOften(scene)
    expect(scene.ask.health().known.state).toBe('closed')
    scene.fault.reason = 'upstream-error'
    await askOften(scene)
    expect(scene.ask.health().known.state).toBe('open')
    scene.time.now += 2000
    scene.fault.reason = reason
    await expect(scene.ask('t', 'known')).rejects.toMatchObject({ reason })
    expect(scene.ask.health().known.state).toBe('half-open')
  },
)

test('an answer of no use is an answer: the server is free again', async () => {
  const scene = open()
  await askOften(scene)
  scene.time.now += 2000
  scene.fault.reason = 'not-json'
  await expect(scene.ask('t', 'known')).rejects.toMatchObject({ reason: 'not-json' })
  expect(scene.ask.health().known.state).toBe('closed')
})

import { setTimeout } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Fault, MockIssuer } from '../src/index.ts'
import { open, ports, start } from './harness.ts'

const timers = ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'] as const

const fakes = {
  'the timers of vitest': [...timers, 'Date', 'performance'],
  'every timer and queueMicrotask': [...timers, 'Date', 'performance', 'queueMicrotask'],
} as const

/** Reads the keys. Returns the length of the body that arrived within the time, and how it ended. */
async function readKeys(issuer: MockIssuer, milliseconds: number): Promise<{ received: number; end: string }> {
  const { body } = await open(issuer, '/jwks')
  let received = 0
  const end = (async () => {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      received += chunk.length
    }
    return 'complete'
  })().catch(() => 'broken')
  return { end: await Promise.race([end, setTimeout(milliseconds, 'open')]), received }
}

describe.each(Object.entries(fakes))('with fakes of %s that never fire', (_name, toFake) => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: [...toFake] })
    onTestFinished(() => void vi.useRealTimers())
  })

  describe.each(ports)('an issuer with port %s', (port) => {
    test('sends the right response, later if it has a delay', async () => {
      const issuer = await start({ port })
      expect(await readKeys(issuer, 5000)).toMatchObject({ end: 'complete' })
      issuer.misbehave('jwks', { delay: '50ms' })
      expect(await readKeys(issuer, 5000)).toMatchObject({ end: 'complete' })
    })

    test('stops in the body, and sends it byte by byte', async () => {
      const issuer = await start({ port })
      const whole = (await readKeys(issuer, 5000)).received
      issuer.misbehave('jwks', 'hang-in-body')
      expect(await readKeys(issuer, 150)).toEqual({ end: 'open', received: Math.floor(whole / 2) })
      issuer.misbehave('jwks', 'drip')
      const { end, received } = await readKeys(issuer, 450)
      expect(end).toBe('open')
      expect(received).toBeGreaterThan(0)
      expect(received).toBeLessThan(whole / 2)
    })

    test('closes, with and without responses under way', async () => {
      await (await start({ port })).close()
      const faults: readonly Fault[] = ['hang', 'hang-in-body', 'drip', 'huge', { delay: '1h' }]
      for (const fault of faults) {
        const issuer = await start({ port })
        issuer.misbehave('jwks', fault)
        void open(issuer, '/jwks').then(
          ({ body }) => body.on('error', () => undefined),
          () => undefined,
        )
        await expect.poll(() => issuer.requests).toHaveLength(1)
        await Promise.all([issuer.close(), issuer.close()])
      }
    })
  })
})

test.each(ports)(
  'cut-off of an issuer with port %s ends the body while fake timers replace setImmediate',
  async (port) => {
    vi.useFakeTimers({ toFake: [...fakes['the timers of vitest']] })
    onTestFinished(() => void vi.useRealTimers())
    const issuer = await start({ port })
    issuer.misbehave('jwks', 'cut-off')
    expect(await readKeys(issuer, 5000)).toMatchObject({ end: 'broken' })
    issuer.misbehave('jwks', 'reset')
    await expect(open(issuer, '/jwks')).rejects.toMatchObject({ code: 'ECONNRESET' })
  },
)

import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createRemembered, type Remembered } from '../src/http/cached-document.ts'
import { UpstreamError } from '../src/responses/unavailable.ts'

interface Scene {
  readonly remembered: Remembered<string>
  readonly loads: () => number
  /** What the next loads do. */
  answer: () => Promise<string>
  now: number
}

function open(): Scene {
  let count = 0
  const scene: Scene = {
    now: 0,
    answer: async () => 'first',
    loads: () => count,
    remembered: createRemembered({
      kind: 'keys',
      label: 'issuer',
      load: async () => {
        count += 1
        return {
          document: await scene.answer(),
          freshFor: 1000,
          etag: undefined,
          lastModified: undefined,
          wholeAt: 0,
          digest: '',
        }
      },
      clock: () => scene.now,
      staleFor: 60_000,
    }),
  }
  return scene
}

function down(): Promise<never> {
  return Promise.reject(new UpstreamError({ reason: 'network', message: 'down' }))
}

test('a document is loaded once while it is fresh, and again afterwards', async () => {
  const scene = open()
  expect(await Promise.all([scene.remembered.current(), scene.remembered.current()])).toEqual(['first', 'first'])
  scene.now = 759
  await scene.remembered.current()
  expect(scene.loads()).toBe(1)
  scene.now = 1000
  scene.answer = async () => 'second'
  expect(await scene.remembered.current()).toBe('second')
})

test('a clock that tells no time for once makes no document live for ever', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.answer = down
  scene.now = Number.NaN
  expect(scene.remembered.atOnce()).toBeUndefined()
  scene.now = 500
  expect(scene.remembered.atOnce()).toBe('first')
  scene.now = 61_000
  expect(scene.remembered.atOnce()).toBeUndefined()
})

test('a stale document serves while upstream is down, to its bound and not beyond', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.answer = down
  scene.now = 60_999
  expect(await scene.remembered.current()).toBe('first')
  scene.now = 61_000
  await expect(scene.remembered.current()).rejects.toThrow(UpstreamError)
})

test('while upstream fails nobody waits for it; after a long silence somebody does', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.now = 2000
  scene.answer = down
  expect(await scene.remembered.current()).toBe('first')
  scene.now = 5000
  scene.answer = () => new Promise(() => undefined)
  expect(await scene.remembered.current()).toBe('first')

  const silent = open()
  await silent.remembered.current()
  silent.now = 2000
  silent.answer = down
  expect(await silent.remembered.current()).toBe('first')
  silent.now = 50_000
  silent.answer = async () => 'second'
  expect(await silent.remembered.current()).toBe('second')
})

test('attempts after a failure wait one second, then two, up to thirty', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  const scene = open()
  scene.answer = down
  for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    await expect(scene.remembered.current()).rejects.toMatchObject({ reason: 'network' })
    const loads = scene.loads()
    scene.now += pause - 1
    await expect(scene.remembered.current()).rejects.toMatchObject({ reason: 'backing-off', retryAfter: 0.001 })
    expect(scene.loads()).toBe(loads)
    scene.now += 1
  }
  scene.answer = async () => 'back'
  expect(await scene.remembered.current()).toBe('back')
  vi.restoreAllMocks()
})

test('a failure that is none of upstream’s is not hidden by a stale document', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.now = 2000
  scene.answer = () => Promise.reject(new RangeError('a bug'))
  await expect(scene.remembered.current()).rejects.toThrow(RangeError)
})

test('all who wait share one failure, and the next attempt is a new one', async () => {
  const scene = open()
  scene.answer = down
  const waiting = await Promise.allSettled(Array.from({ length: 10 }, () => scene.remembered.current()))
  expect(waiting.map(({ status }) => status)).toEqual(Array(10).fill('rejected'))
  expect(scene.loads()).toBe(1)
  scene.now = 2000
  scene.answer = async () => 'mended'
  expect(await scene.remembered.current()).toBe('mended')
})

test('an answer that was slow to come does not take the place of one that was asked for later', async () => {
  const scene = open()
  await scene.remembered.current()
  const old = Promise.withResolvers<string>()
  scene.now = 850
  scene.answer = () => old.promise
  expect(await scene.remembered.current(), 'a refresh is under way').toBe('first')
  scene.answer = async () => 'newer'
  expect(await scene.remembered.renew()).toBe('newer')
  old.resolve('older')
  await setImmediate()
  expect(await scene.remembered.current()).toBe('newer')
  expect(scene.loads()).toBe(3)
})

test('nor does its failure count', async () => {
  const scene = open()
  await scene.remembered.current()
  const old = Promise.withResolvers<string>()
  scene.now = 850
  scene.answer = () => old.promise
  await scene.remembered.current()
  scene.answer = async () => 'newer'
  await scene.remembered.renew()
  old.reject(new UpstreamError({ reason: 'timeout', message: 'late' }))
  await setImmediate()
  expect(scene.remembered.health()).toMatchObject({ lastFailure: undefined })
  expect(await scene.remembered.renew()).toBe('newer')
})

test('those who could be served by something older wait for a second, and after one of them nobody does', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.now = 2000
  scene.answer = () => new Promise(() => undefined)
  expect(await scene.remembered.current()).toBe('first')
  const atOnce = await Promise.race([scene.remembered.current(), new Promise((resolve) => setTimeout(resolve, 500))])
  expect(atOnce).toBe('first')
  expect(scene.loads()).toBe(2)
})

test('a refresh is not joined by those who need what is newer', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.now = 850
  scene.answer = () => new Promise(() => undefined)
  await scene.remembered.current()
  scene.answer = async () => 'second'
  const both = await Promise.all([scene.remembered.renew(), scene.remembered.renew()])
  expect([both, scene.loads()]).toEqual([['second', 'second'], 3])
})

test('what has failed is tried by one at a time: who needs what is newer goes by a refresh that fails, or looks once more after it', async () => {
  const scene = open()
  await scene.remembered.current()
  scene.answer = down
  scene.now = 2000
  await scene.remembered.current()
  scene.now = 5000
  const refreshed = Promise.withResolvers<string>()
  scene.answer = () => refreshed.promise
  await scene.remembered.current()
  const newer = [scene.remembered.renew(), scene.remembered.renew()]
  await setImmediate()
  expect(scene.loads()).toBe(3)
  scene.answer = async () => 'newest'
  refreshed.resolve('new')
  expect(await Promise.all(newer)).toEqual(['newest', 'newest'])
  expect(scene.loads()).toBe(4)
})

test('attempts that were under way together have failed together, and who made them hears how long the pause is', async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  onTestFinished(() => void vi.restoreAllMocks())
  const scene = open()
  scene.answer = down
  const [any, newer] = await Promise.allSettled([scene.remembered.current(), scene.remembered.renew()])
  expect(scene.loads()).toBe(2)
  const reasons = [any, newer].map((attempt) => (attempt.status === 'rejected' ? attempt.reason : undefined) as unknown)
  expect(reasons).toEqual([expect.objectContaining({ reason: 'network', retryAfter: 1 }), reasons[1]])
  scene.now += 1000
  await expect(scene.remembered.current()).rejects.toMatchObject({ reason: 'network', retryAfter: 2 })
})

test('who needs any joins those who need what is newer', async () => {
  const scene = open()
  const [newer, any] = await Promise.all([scene.remembered.renew(), scene.remembered.current()])
  expect([newer, any, scene.loads()]).toEqual(['first', 'first', 1])
})

describe('by itself', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  /** Both times go on, the clock's and that of timers. */
  async function pass(scene: Scene, milliseconds: number): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      scene.now += 10
      await vi.advanceTimersByTimeAsync(10)
    }
  }

  test('what is held and in use is refreshed before it is old, once for each time that it was used', async () => {
    const scene = open()
    scene.remembered.hold()
    await scene.remembered.current()
    await pass(scene, 750)
    expect(scene.loads()).toBe(1)
    await pass(scene, 100)
    expect(scene.loads()).toBe(2)
    await pass(scene, 5000)
    expect(scene.loads(), 'nobody used it since').toBe(2)
    await scene.remembered.current()
    await pass(scene, 850)
    expect(scene.loads()).toBe(4)
  })

  test('while it fails it is looked for again and again, as long as something is left to serve', async () => {
    const scene = open()
    scene.remembered.hold()
    await scene.remembered.current()
    scene.answer = down
    await pass(scene, 20_000)
    expect(scene.loads()).toBeGreaterThan(3)
    expect(scene.loads()).toBeLessThan(8)
    await pass(scene, 45_000)
    const loads = scene.loads()
    await pass(scene, 60_000)
    expect(scene.loads()).toBe(loads)
  })

  test('what nobody holds sets no timer', async () => {
    const scene = open()
    await scene.remembered.current()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('what nobody holds any longer is left alone', async () => {
    const scene = open()
    const [release, releaseToo] = [scene.remembered.hold(), scene.remembered.hold()]
    await scene.remembered.current()
    release()
    expect(vi.getTimerCount()).toBe(1)
    releaseToo()
    expect(vi.getTimerCount()).toBe(0)
    await pass(scene, 2000)
    expect(scene.loads()).toBe(1)
  })
})

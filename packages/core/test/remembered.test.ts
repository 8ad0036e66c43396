import { expect, test, vi } from 'vitest'
import { createRemembered, type Remembered } from '../src/http/remembered.ts'
import { UpstreamError } from '../src/unavailable.ts'

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
        return { document: await scene.answer(), freshFor: 1000, etag: undefined, lastModified: undefined }
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

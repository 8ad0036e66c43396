import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createAlarm } from '../src/http/alarm.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

test('an alarm rings once, at the time that was set last', () => {
  const rung: number[] = []
  const time = { now: 1000 }
  const alarm = createAlarm(
    () => time.now,
    () => rung.push(time.now),
  )
  alarm.set(2000)
  alarm.set(3000)
  time.now = 2000
  vi.advanceTimersByTime(1000)
  expect(rung).toEqual([])
  time.now = 3000
  vi.advanceTimersByTime(1000)
  vi.advanceTimersByTime(10_000)
  expect(rung).toEqual([3000])
})

test('a time that is further off than timers reach does not ring at once', () => {
  let rung = 0
  createAlarm(
    () => 0,
    () => (rung += 1),
  ).set(2 ** 40)
  vi.advanceTimersByTime(24 * 3_600_000)
  expect(rung).toBe(0)
})

import { expect, test } from 'vitest'
import { expectDuration } from '../src/lib/duration.ts'

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['24h', 86_400_000],
])('%s is %i ms', (duration, expected) => {
  expect(expectDuration(duration, 'x')).toBe(expected)
})

test.each(['5', 5, '', 's', '-1s', '1 s', '1d', '1e3s', '1s ', 'Infinitys', `${'9'.repeat(400)}h`, null, undefined])(
  '%j is no duration',
  (value) => {
    expect(() => expectDuration(value, 'x')).toThrow(TypeError)
  },
)

test('a longest duration is itself allowed', () => {
  expect(expectDuration('60s', 'x', '60s')).toBe(60_000)
  expect(expectDuration('1m', 'x', '60s')).toBe(60_000)
  expect(() => expectDuration('61s', 'x', '60s')).toThrow(TypeError)
})

import { describe, expect, test } from 'vitest'
import { type Floor, floors } from '../floors.ts'
import { isMissed, judge } from './judge.ts'
import type { Series } from './series.ts'

const floor: Floor = {
  suite: 'http',
  setting: 'Express warm',
  demand: 'Ours answers at least 0.88 of what is answered bare',
  compared: { of: 'ours', by: 'ratio', to: 'bare' },
  limit: { atLeast: 0.88 },
  unit: '×',
}

function measured(contender: string, samples: readonly number[], setting = floor.setting): Series {
  return { suite: 'http', setting, contender, unit: 'req/s', samples }
}

function verdictOn(ours: readonly number[], bare: readonly number[], asked: Floor = floor): string | undefined {
  return judge([asked], [measured('ours', ours), measured('bare', bare)])[0]?.verdict
}

describe('A floor is', () => {
  test('met on the right side of its limit, and exactly on it', () => {
    expect(verdictOn([90, 91, 92], [100, 100, 100])).toBe('met')
    expect(verdictOn([88, 88, 88], [100, 100, 100])).toBe('met')
  })

  test('missed when all rounds agree on that', () => {
    expect(verdictOn([86, 86, 86], [100, 100, 100])).toBe('missed')
  })

  test('within the noise when rounds differ by more than what is lacking', () => {
    expect(verdictOn([80, 87, 95, 86, 99], [100, 100, 100, 100, 100])).toBe('within noise')
  })

  test('judged round by round, so that a slow machine excuses nobody', () => {
    expect(verdictOn([90, 45, 9], [100, 50, 10])).toBe('met')
    expect(verdictOn([80, 40, 8], [100, 50, 10])).toBe('missed')
  })

  test('not judged by rounds that were not the same', () => {
    expect(() => verdictOn([90, 91], [100, 100, 100])).toThrow(
      'ours and bare were not measured in the same rounds of Express warm',
    )
  })

  test('a limit from above as well', () => {
    const atMost: Floor = { ...floor, limit: { atMost: 1.1 } }
    expect(verdictOn([109, 109], [100, 100], atMost)).toBe('met')
    expect(verdictOn([112, 112], [100, 100], atMost)).toBe('missed')
  })

  test('about a difference', () => {
    const net: Floor = { ...floor, compared: { of: 'ours', by: 'difference', to: 'bare' }, limit: { atMost: 3 } }
    expect(verdictOn([3.2, 3.3], [0.3, 0.3], net)).toBe('met')
    expect(verdictOn([3.5, 3.5], [0.3, 0.3], net)).toBe('missed')
  })

  test('about a figure by itself', () => {
    const calls: Floor = { ...floor, compared: { of: 'ours', by: 'itself' }, limit: { atMost: 100 } }
    expect(judge([calls], [measured('ours', [100, 100])])[0]?.verdict).toBe('met')
    expect(judge([calls], [measured('ours', [101, 101])])[0]?.verdict).toBe('missed')
  })
})

describe('A run fails', () => {
  test('by a floor that is missed, and not by noise', () => {
    const [missed] = judge([floor], [measured('ours', [50, 50]), measured('bare', [100, 100])])
    const [noisy] = judge([floor], [measured('ours', [80, 87, 95]), measured('bare', [100, 100, 100])])
    expect(missed && isMissed(missed)).toBe(true)
    expect(noisy && isMissed(noisy)).toBe(false)
  })

  test('by a floor that nobody measured', () => {
    const judgements = judge([floor], [measured('ours', [90]), measured('bare', [100], 'Express cold')])
    expect(judgements).toEqual([{ floor, verdict: 'not measured' }])
    expect(judgements.every(isMissed)).toBe(true)
  })

  test('by what is no number', () => {
    expect(verdictOn([Number.NaN, Number.NaN], [100, 100])).toBe('missed')
    expect(verdictOn([90, 90], [0, 0], { ...floor, limit: { atMost: 1 } })).toBe('missed')
  })
})

test('No two floors say the same', () => {
  const asked = floors.map(({ suite, setting, compared }) => JSON.stringify([suite, setting, compared]))
  expect(new Set(asked).size).toBe(floors.length)
})

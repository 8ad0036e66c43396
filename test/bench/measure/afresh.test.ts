import { expect, test } from 'vitest'
import { afresh } from './afresh.ts'
import type { Series } from './series.ts'

function measured(contender: string, samples: readonly number[]): Series {
  return { suite: 'http', setting: 'Express warm', contender, unit: 'req/s', samples }
}

test('each process measures its part of the rounds, and they are put together in their order', async () => {
  const asked: number[] = []
  const all = await afresh({ rounds: 8, processes: 2 }, async (rounds) => {
    asked.push(rounds)
    return [measured('bare', [asked.length, 10]), measured('ours', [20 + asked.length])]
  })
  expect(asked).toEqual([4, 4])
  expect(all).toEqual([measured('bare', [1, 10, 2, 10]), measured('ours', [21, 22])])
})

test('parts that are not about the same are not put together', async () => {
  let nth = 0
  await expect(
    afresh({ rounds: 2, processes: 2 }, async () => [measured(['bare', 'ours'][nth++] ?? '', [1])]),
  ).rejects.toThrow('Nothing more was measured of bare: Express warm')
})

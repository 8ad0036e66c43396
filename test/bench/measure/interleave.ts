import { shuffle } from 'simple-statistics'
import type { Series } from './series.ts'

/** Somebody who can be measured. */
export interface Measured {
  readonly contender: string
  /** One sample. */
  readonly measure: (round: number) => Promise<number>
}

/** Measures all round by round, each time in an order that is drawn by lot: whatever disturbs the machine disturbs them alike, and so does who came before. */
export async function interleave(
  { suite, setting, unit }: Pick<Series, 'suite' | 'setting' | 'unit'>,
  all: readonly Measured[],
  rounds: number,
): Promise<readonly Series[]> {
  const samples = new Map(all.map(({ contender }) => [contender, [] as number[]]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { contender, measure } of shuffle([...all])) {
      samples.get(contender)?.push(await measure(round))
    }
  }
  return all.map(({ contender }) => ({ suite, setting, contender, unit, samples: samples.get(contender) ?? [] }))
}

import type { Series } from './series.ts'

/** Somebody who can be measured. */
export interface Measured {
  readonly contender: string
  /** One sample. */
  readonly measure: (round: number) => Promise<number>
}

/** Measures all in turn, round by round, each round beginning with another: whatever disturbs the machine disturbs them alike. */
export async function interleave(
  { suite, setting, unit }: Pick<Series, 'suite' | 'setting' | 'unit'>,
  all: readonly Measured[],
  rounds: number,
): Promise<readonly Series[]> {
  const samples = new Map(all.map(({ contender }) => [contender, [] as number[]]))
  for (let round = 0; round < rounds; round += 1) {
    for (const { contender, measure } of turned(all, round)) {
      samples.get(contender)?.push(await measure(round))
    }
  }
  return all.map(({ contender }) => ({ suite, setting, contender, unit, samples: samples.get(contender) ?? [] }))
}

function turned<Item>(items: readonly Item[], by: number): readonly Item[] {
  const start = by % Math.max(1, items.length)
  return [...items.slice(start), ...items.slice(0, start)]
}

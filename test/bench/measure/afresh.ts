import type { Series } from './series.ts'

/** How often everything is measured, and by how many processes one after the other. */
export interface Rounds {
  readonly rounds: number
  readonly processes: number
}

/** And how much: 1 for figures that count, less for a quick look. */
export interface Extent extends Rounds {
  readonly scale: number
}

/**
 * Measures a part of the rounds each time, in new processes, and puts the parts together. V8 decides early in the life of a process what it
 * compiles and what it takes for long-lived, so that two that do the same may differ for good by more than their rounds do.
 */
export async function afresh(
  { rounds, processes }: Rounds,
  measure: (rounds: number) => Promise<readonly Series[]>,
): Promise<readonly Series[]> {
  let all: readonly Series[] = []
  for (let nth = 0; nth < processes; nth += 1) {
    const some = await measure(Math.ceil(rounds / processes))
    all = nth === 0 ? some : all.map((one, index) => joined(one, some[index]))
  }
  return all
}

function joined(one: Series, more: Series | undefined): Series {
  if (more?.setting !== one.setting || more.contender !== one.contender) {
    throw new Error(`Nothing more was measured of ${one.contender}: ${one.setting}`)
  }
  return { ...one, samples: [...one.samples, ...more.samples] }
}

import type { Floor } from '../floors.ts'
import { difference, type Estimate, estimate, find, ratio, type Series } from './series.ts'

/** How a demand fared. `measured` is absent where nothing was measured, which is as bad as a miss. */
export interface Judgement {
  readonly floor: Floor
  readonly measured?: Estimate
  readonly verdict: Verdict
}

/** `within noise` is a miss that the run is too noisy to tell from none. */
type Verdict = 'met' | 'within noise' | 'missed' | 'not measured'

/** Judges each floor by what was measured in the same run. */
export function judge(floors: readonly Floor[], all: readonly Series[]): readonly Judgement[] {
  return floors.map((floor) => {
    const measured = measure(floor, all)
    return measured === undefined
      ? { floor, verdict: 'not measured' }
      : { floor, measured, verdict: verdictOn(floor, measured) }
  })
}

/** Whether a run with these judgements has failed. */
export function isMissed({ verdict }: Judgement): boolean {
  return verdict === 'missed' || verdict === 'not measured'
}

function measure({ suite, setting, compared }: Floor, all: readonly Series[]): Estimate | undefined {
  const contenders = compared.by === 'itself' ? [compared.of] : [compared.of, compared.to]
  const isThere = (contender: string): boolean =>
    all.some((one) => one.suite === suite && one.setting === setting && one.contender === contender)
  if (!contenders.every(isThere)) {
    return undefined
  }
  const of = find(all, suite, setting, compared.of)
  if (compared.by === 'itself') {
    return estimate(of.samples)
  }
  const to = find(all, suite, setting, compared.to)
  return compared.by === 'ratio' ? ratio(of, to) : difference(of, to)
}

/** What is no number at all is missed, for it is not less than anything. */
function verdictOn({ limit }: Floor, { median, noise }: Estimate): Verdict {
  const excess = 'atMost' in limit ? median - limit.atMost : limit.atLeast - median
  if (excess <= 0) {
    return 'met'
  }
  return excess <= 2 * noise ? 'within noise' : 'missed'
}

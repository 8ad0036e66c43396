import { interquartileRange, median } from 'simple-statistics'

/** What was measured of one contender in one setting, once for each round. Rounds are interleaved: the same index is the same time of the run. */
export interface Series {
  readonly suite: 'in-process' | 'http' | 'opaque' | 'growth'
  /** Such as `RS256 warm, 64 in flight`. */
  readonly setting: string
  readonly contender: string
  readonly unit: string
  readonly samples: readonly number[]
}

/** A figure, and how far off it may be. */
export interface Estimate {
  readonly median: number
  /** The standard error of the median, as the quartiles of the rounds tell it. */
  readonly noise: number
}

export function estimate(samples: readonly number[]): Estimate {
  if (samples.length === 0) {
    throw new Error('Nothing was measured')
  }
  // Of a normal distribution the quartiles are 1.349 deviations apart, and the median of n has the error 1.253 / sqrt(n).
  const deviation = samples.length < 2 ? 0 : interquartileRange([...samples]) / 1.349
  return { median: median([...samples]), noise: (1.253 * deviation) / Math.sqrt(samples.length) }
}

export function ratio(one: Series, other: Series): Estimate {
  return compared(one, other, (sample, beside) => sample / beside)
}

export function difference(one: Series, other: Series): Estimate {
  return compared(one, other, (sample, beside) => sample - beside)
}

/** Round by round, so that what disturbs a round disturbs both. */
function compared(one: Series, other: Series, by: (sample: number, beside: number) => number): Estimate {
  if (one.samples.length !== other.samples.length) {
    throw new Error(`${one.contender} and ${other.contender} were not measured in the same rounds of ${one.setting}`)
  }
  return estimate(one.samples.map((sample, round) => by(sample, other.samples[round] ?? Number.NaN)))
}

export function find(all: readonly Series[], suite: string, setting: string, contender: string): Series {
  const found = all.find((one) => one.suite === suite && one.setting === setting && one.contender === contender)
  if (found === undefined) {
    throw new Error(`Nothing was measured of ${contender}: ${suite}, ${setting}`)
  }
  return found
}

import { interquartileRange, median, shuffle } from 'simple-statistics'

/** One figure of one contender. Rounds are interleaved: the same round is the same time of the run. */
export interface Measurement {
  /** The unit is in the name, such as `Express 5, warm, req/s`. */
  readonly setting: string
  readonly contender: string
  readonly round: number
  readonly value: number
}

/** The median over the rounds, and its noise: three standard errors of the median, estimated from the quartiles. */
export interface Estimate {
  readonly median: number
  readonly noise: number
}

/** The figure of a contender, divided by the figure of another in the same round. Nothing measured: `undefined`. */
export function estimate(
  all: readonly Measurement[],
  setting: string,
  contender: string,
  dividedBy?: string,
): Estimate | undefined {
  const inSetting = all.filter((one) => one.setting === setting)
  const others = new Map(inSetting.filter((one) => one.contender === dividedBy).map((one) => [one.round, one.value]))
  const values = inSetting
    .filter((one) => one.contender === contender && (dividedBy === undefined || others.has(one.round)))
    .map(({ round, value }) => value / (others.get(round) ?? 1))
  // Quartiles of a normal distribution are 1.349 deviations apart. The median of n values has the error 1.253 / √n.
  const deviation = values.length < 2 ? 0 : interquartileRange(values) / 1.349
  const noise = (3 * 1.253 * deviation) / Math.sqrt(values.length)
  return values.length === 0 ? undefined : { median: median(values), noise }
}

/** Measures in an order by lot, because the predecessor can disturb a measurement. */
export async function inRandomOrder<Item>(
  items: readonly Item[],
  measure: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (const item of shuffle([...items])) {
    await measure(item)
  }
}

import type { Estimate } from '../measure/series.ts'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const significant = new Intl.NumberFormat('en', { minimumSignificantDigits: 3, maximumSignificantDigits: 3 })

/** Calls are counted; of all else three digits are more than a run is good for: `1.83`, `31.9`, `24,300`. */
export function digits(value: number, unit: string): string {
  if (unit === 'calls') {
    return whole.format(value)
  }
  return Math.abs(value) < 1 ? value.toFixed(2) : significant.format(value)
}

/** A quotient: `0.88`, `1.24`, `54.1`. */
export function quotient(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(2) : significant.format(value)
}

/** A figure with twice its noise: `2.10 ± 0.15`. */
export function withNoise({ median, noise }: Estimate, shown: (value: number) => string): string {
  return noise === 0 ? shown(median) : `${shown(median)} ± ${shown(2 * noise)}`
}

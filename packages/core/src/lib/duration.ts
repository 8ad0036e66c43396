import { describe, invalidOption } from './invalid-option.ts'

/** A length of time, such as `'500ms'`, `'30s'`, `'5m'`, `'24h'`. A number without a unit does not compile. */
export type Duration = `${number}${Unit}`

type Unit = 'ms' | 's' | 'm' | 'h'

const millisecondsOf: Readonly<Record<Unit, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const maxLength = 20

/** The milliseconds of a duration option. `max` is allowed itself. Default: no maximum. */
export function expectDuration(value: unknown, name: string, max?: Duration): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value.slice(0, maxLength + 1)) : null
  if (match === null || match[0].length > maxLength) {
    const got = typeof value === 'string' ? `'${value.slice(0, maxLength)}'` : describe(value)
    throw invalidOption(
      `Expected \`${name}\` to be a text such as '30s' or '5m', a number and ms, s, m or h, got ${got}`,
    )
  }
  const milliseconds = Number(match[1]) * millisecondsOf[match[2] as Unit]
  if (max !== undefined && milliseconds > expectDuration(max, name)) {
    throw invalidOption(`Expected \`${name}\` to be at most '${max}', got '${match[0]}'`)
  }
  return milliseconds
}

/** The whole milliseconds of an option that is a deadline: from `'1ms'` to `max`. */
export function expectDeadline(value: unknown, name: string, max: Duration): number {
  const milliseconds = expectDuration(value, name, max)
  if (milliseconds < 1) {
    throw invalidOption(`Expected \`${name}\` to be at least '1ms'`)
  }
  return Math.ceil(milliseconds)
}

import { describe, invalidOption } from './invalid-option.ts'

/** A length of time with its unit, such as `'500ms'`, `'30s'`, `'5m'`, `'24h'`. A bare number does not compile: nobody would know its unit. */
export type Duration = `${number}${Unit}`

type Unit = 'ms' | 's' | 'm' | 'h'

const millisecondsOf: Readonly<Record<Unit, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration option in milliseconds; a `TypeError` when it is none, or longer than `most`. */
export function expectDuration(value: unknown, name: string, most?: Duration): number {
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) : null
  if (match === null || match[0].length > 20) {
    throw invalidOption(
      `Expected \`${name}\` to be a number and ms, s, m or h, such as '30s' or '5m', got ${typeof value === 'string' ? `'${value.slice(0, 20)}'` : describe(value)}`,
    )
  }
  const milliseconds = Number(match[1]) * millisecondsOf[match[2] as Unit]
  if (most !== undefined && milliseconds > expectDuration(most, name)) {
    throw invalidOption(`Expected \`${name}\` to be at most '${most}', got '${match[0]}'`)
  }
  return milliseconds
}

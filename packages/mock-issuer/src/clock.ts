/** A length of time with its unit, such as `'30s'`, `'5m'`, `'24h'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`

/** A clock that a test controls. Give it to the validator as well, so that both have the same time. */
export interface MockClock {
  /** Returns milliseconds since the epoch, like `Date.now`. */
  (): number
  /** Moves the time forward. A negative duration moves it back. Throws a `TypeError` for an invalid duration. */
  advance(duration: Duration): void
  /** Stops the time at the given moment. Default: now. `advance` still moves it. */
  freeze(at?: Date | number): void
}

const millisecondsOf = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

export function milliseconds(duration: Duration): number {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration)
  if (match === null) {
    throw new TypeError("Expected a duration such as '30s', '5m' or '24h'")
  }
  return Number(match[1]) * millisecondsOf[match[2] as keyof typeof millisecondsOf]
}

/** Creates a clock that follows the system's clock until a test calls `freeze`. */
export function createClock(): MockClock {
  let offset = 0
  let frozenAt: number | undefined

  const clock = (): number => (frozenAt ?? Date.now()) + offset

  return Object.assign(clock, {
    advance(duration: Duration): void {
      offset += milliseconds(duration)
    },
    freeze(at: Date | number = clock()): void {
      if (!Number.isFinite(at instanceof Date ? at.getTime() : at)) {
        throw new TypeError('Expected a Date, or milliseconds since the epoch')
      }
      frozenAt = Number(at)
      offset = 0
    },
  })
}

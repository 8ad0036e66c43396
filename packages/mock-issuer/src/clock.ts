/** A length of time with its unit, such as `'30s'`, `'5m'`, `'24h'`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h'}`

/** A clock that a test holds in its hand: give it to the validator as well, and both live in the same time. */
export interface MockClock {
  /** Milliseconds since the epoch, as `Date.now` tells them. */
  (): number
  /** Moves the time on; negative durations move it back. */
  advance(duration: Duration): void
  /** Stops the time, now or at the given moment, until it is moved on. */
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

/** Goes with the system's clock until it is told otherwise. */
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

import { inLanes } from './lanes.ts'

/** What is timed: a validation, and where its `Authorization` headers come from. */
export interface Trial {
  /** Rejects unless the token is accepted. */
  readonly validate: (authorization: string) => Promise<unknown>
  /** The next ones; making them is not timed. */
  readonly headers: (count: number) => readonly Buffer[]
}

const inFlight = 64
const lap = 2048

/** Microseconds for a validation, 64 in flight, over so many milliseconds. Each has a fresh string, as in a server, and making that is timed. */
export async function timeOf({ validate, headers }: Trial, milliseconds: number): Promise<number> {
  let elapsed = 0
  let count = 0
  while (elapsed < milliseconds) {
    const some = headers(lap)
    const start = performance.now()
    await offer(some, validate)
    elapsed += performance.now() - start
    count += some.length
  }
  return (elapsed * 1000) / count
}

/** Has all of them validated, 64 at a time. */
export async function offer(headers: readonly Buffer[], validate: Trial['validate']): Promise<void> {
  await inLanes(headers, inFlight, (header) => validate(header.toString('latin1')))
}

/** Gives them in turn, round and round. */
export function inTurn(kept: readonly Buffer[]): Trial['headers'] {
  return counting((index) => kept[index % kept.length] as Buffer)
}

/** Makes each when it is asked for, of its own number. */
export function counting(make: (index: number) => Buffer): Trial['headers'] {
  let next = 0
  return (count) => Array.from({ length: count }, () => make(next++))
}

/** Kept as bytes, so that each validation gets a string that nobody has seen. */
export function headerOf(token: string): Buffer {
  return Buffer.from(`Bearer ${token}`, 'latin1')
}

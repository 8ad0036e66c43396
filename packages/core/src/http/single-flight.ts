/** Work that runs once at a time. Callers that come while it runs share its result. */
export interface SingleFlight<Result> {
  /** Joins the run that is under way, or starts one. */
  readonly run: () => Promise<Result>
  /** The run that is under way. */
  readonly underWay: () => Promise<Result> | undefined
}

export function createSingleFlight<Result>(work: () => Promise<Result>): SingleFlight<Result> {
  let flight: Promise<Result> | undefined

  async function runToItsEnd(): Promise<Result> {
    try {
      return await work()
    } finally {
      flight = undefined
    }
  }

  return { run: () => (flight ??= runToItsEnd()), underWay: () => flight }
}

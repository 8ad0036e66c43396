/**
 * What the work brings, unless the signal fires first: work that hangs must not hold requests for ever, nor what is
 * remembered of them. What it brings later is given to `discard`.
 */
export async function withDeadline<Result>(
  work: Result | Promise<Result>,
  signal: AbortSignal,
  late: () => Error,
  discard: (result: Result) => void = () => undefined,
): Promise<Result> {
  let isLate = false
  let stop = (): void => undefined
  const timeIsUp = new Promise<never>((_resolve, reject) => {
    stop = () => {
      isLate = true
      reject(late())
    }
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, timeIsUp])
  } catch (error) {
    if (isLate) {
      void Promise.resolve(work).then(discard, () => undefined)
    }
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

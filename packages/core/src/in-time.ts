/** What the work brings, unless the signal fires first. Work that hangs must not hold requests for ever, nor what is remembered of them. */
export async function inTime<Result>(
  work: Result | Promise<Result>,
  signal: AbortSignal,
  late: () => Error,
): Promise<Result> {
  let stop = (): void => undefined
  const timeIsUp = new Promise<never>((_resolve, reject) => {
    stop = () => reject(late())
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, timeIsUp])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Waits for work, at most until the signal aborts. Then it rejects with the error that `tooLate` returns. The work
 * itself goes on: its late result is passed to `discard`, and its late error is dropped.
 */
export async function withDeadline<Result>(
  work: Result | Promise<Result>,
  signal: AbortSignal,
  tooLate: () => Error,
  discard: (result: Result) => void = () => undefined,
): Promise<Result> {
  let isLate = false
  let stop = (): void => undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    stop = () => {
      isLate = true
      reject(tooLate())
    }
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, deadline])
  } catch (error) {
    if (isLate) {
      void Promise.resolve(work).then(discard, () => undefined)
    }
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

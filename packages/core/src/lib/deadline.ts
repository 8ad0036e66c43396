/** Milliseconds: the maximum of a timer. */
const maxTime = 2 ** 31 - 1

/**
 * Waits for work, at most until the signal aborts. Then it rejects with the error that `tooLate` returns. The work
 * itself goes on: its late result is passed to `discard`, and its late error is dropped. The process does not end
 * meanwhile, though a signal of `AbortSignal.timeout` alone would let it end.
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
  const alive = setTimeout(() => undefined, maxTime)
  try {
    return await Promise.race([work, deadline])
  } catch (error) {
    if (isLate) {
      void Promise.resolve(work).then(discard, () => undefined)
    }
    throw error
  } finally {
    clearTimeout(alive)
    signal.removeEventListener('abort', stop)
  }
}

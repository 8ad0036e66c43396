/**
 * The result of work on foreign input. `undefined` when it throws an `Error`, because the errors of OpenSSL have no
 * class of their own.
 */
export function undefinedIfError<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Error) {
      return undefined
    }
    throw error
  }
}

/**
 * The exit codes. 0: the token or the issuer is good. 1: the token is refused, or the issuer has a fault. 2: the command
 * is used in a wrong way. 3: the issuer is not reachable, so that the token could not be validated.
 */
export type ExitCode = 0 | 1 | 2 | 3

/** What is wrong with the use of a command. */
export interface UsageFault {
  /** One sentence. It contains no argument that can be a token. */
  readonly problem: string
  readonly fix: string
  /** A command to run in its place. */
  readonly suggestion?: string | undefined
}

/** The command was used in a wrong way. The exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly fault: UsageFault

  constructor(fault: UsageFault) {
    super(fault.problem)
    this.fault = fault
  }
}

/** Whether an error is an invalid option of the library. Its message says how to fix it, and contains no value. */
export function isInvalidOption(error: unknown): error is TypeError {
  return error instanceof Error && (error as { readonly code?: unknown }).code === 'ERR_INVALID_OPTION'
}

import type { ExitCode } from '../usage.ts'
import type { StepReport } from './steps.ts'

/** Why a token is not accepted: an `Explanation` of the library. `step` is `undefined` for a failure of the app. */
export interface CauseReport {
  readonly status: number
  readonly code: string | undefined
  readonly reason: string
  readonly step: StepReport['step'] | undefined
  readonly problem: string
  readonly expected: string | undefined
  readonly received: string | undefined
  readonly fix: string
  readonly line: string
}

/** The object that `explain --json` prints. */
export interface ExplainReport {
  readonly command: 'explain'
  readonly result: 'good' | 'refused' | 'unavailable'
  readonly exitCode: ExitCode
  readonly steps: readonly StepReport[]
  readonly cause: CauseReport | undefined
  /** What the command line suggests beside the fix. */
  readonly hint: string | undefined
  /** A command or an option to copy. */
  readonly suggestion: string | undefined
  readonly warnings: readonly string[]
  /** What was removed from the input. */
  readonly removed: readonly string[]
}

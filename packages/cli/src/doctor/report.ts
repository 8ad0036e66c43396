import type { ExitCode } from '../usage.ts'

/** One check of an issuer. `warning` does not change the exit code. */
export interface CheckReport {
  readonly check:
    | 'issuer'
    | 'metadata'
    | 'keys'
    | 'algorithms'
    | 'introspection'
    | 'tls'
    | 'clock'
    | 'cors'
    | 'tollgate'
  readonly state: 'passed' | 'warning' | 'failed' | 'skipped'
  /** What was found, in sentences. */
  readonly found: string
  readonly fix?: string | undefined
}

/** The object that `doctor --json` prints. */
export interface DoctorReport {
  readonly command: 'doctor'
  readonly result: 'good' | 'faulty' | 'unreachable'
  readonly exitCode: ExitCode
  /** The name of the issuer, as the configuration needs it. */
  readonly issuer: string
  /** How the argument was read. */
  readonly remarks: readonly string[]
  readonly checks: readonly CheckReport[]
  /** The code to paste. `undefined` for an issuer that is not reachable, because its name may be misspelt. */
  readonly configuration: string | undefined
}

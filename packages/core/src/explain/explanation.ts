/** The step of the validation that ended it, in the order of the steps. */
export type Step = 'credentials' | 'issuer' | 'signature' | 'introspection' | 'claims' | 'constraints' | 'guards'

/**
 * Why a request was refused, or why a token could not be validated, in sentences for a developer. It is for logs and
 * consoles, and never for the client. It contains no token and no secret. Of the claims it contains the names, and the
 * values of `iss`, `aud` and times only. The token can be made up: then these values are as well.
 */
export interface Explanation {
  readonly status: number
  /** The error code of the refusal or of the outage. `undefined` for a request without credentials. */
  readonly code: string | undefined
  /** The stable id of the cause. */
  readonly reason: string
  readonly step: Step
  /** One sentence: what is wrong. */
  readonly problem: string
  /** What the validator expected, as far as it can be shown. */
  readonly expected: string | undefined
  /** What came instead. */
  readonly received: string | undefined
  /** One or two sentences: what to do. */
  readonly fix: string
  /** All of it on one line. */
  readonly line: string
}

/** The parts of an explanation that depend on the case. */
export interface Cause {
  readonly problem: string
  readonly expected?: string | undefined
  readonly received?: string | undefined
  readonly fix: string
}

/** A cause without the values of the token. */
export type ProblemAndFix = Pick<Cause, 'problem' | 'fix'>

/** An explanation that is reported while a request is refused. */
export interface ExplanationReport extends Explanation {
  /** How often this line came in the last minute, this time included. */
  readonly count: number
}

import { channel } from 'node:diagnostics_channel'
import type { Refusal, RefusalCode } from './refusal.ts'
import type { Unavailable } from './unavailable.ts'

/** What became of a request, as a label for metrics; it agrees with the status on the wire. */
export type Outcome =
  | 'no_credentials'
  | RefusalCode
  | 'unreachable_upstream'
  | 'unintelligible_upstream'
  | 'misconfigured'
  | 'internal_error'

/** The message on `tollgate:refusal`: a request was refused; `refusal.reason` says why. */
export interface RefusalMessage {
  readonly outcome: Outcome
  readonly refusal: Refusal
}

/** The message on `tollgate:unavailable`: nobody judged the token; `error.reason` and `error.cause` say why. */
export interface UnavailableMessage {
  readonly outcome: Outcome
  readonly error: Unavailable
}

/** The message on `tollgate:failure`: something failed that is neither; `error` is what was thrown, by a guard of yours or by a bug. */
export interface FailureMessage {
  readonly outcome: 'internal_error'
  readonly error: unknown
}

/** The message on `tollgate:cache`: a shared cache failed, or did not answer in time; the request went on without it. */
export interface CacheMessage {
  readonly operation: 'get' | 'set' | 'delete'
  /** The `code` of the error, or its name: the rest may hold what was to be stored. */
  readonly error: string
}

/** The message on `tollgate:security`: an issuer published something that it must not, and it was ignored. */
export interface SecurityMessage {
  readonly event: 'private-key-published' | 'symmetric-key-published'
  /** The URL of the key set. */
  readonly keySet: string
}

/** The message on `tollgate:misconfiguration`: something in the set-up makes good tokens fail. Also a warning of the process, once a minute at most. */
export interface MisconfigurationMessage {
  readonly event: 'credentials-refused' | 'missing-audience'
  readonly issuer: string
  /** A sentence that tells the fix. */
  readonly message: string
}

const refusals = channel('tollgate:refusal')
const failures = channel('tollgate:unavailable')
const bugs = channel('tollgate:failure')
const cache = channel('tollgate:cache')
const security = channel('tollgate:security')
const misconfigurations = channel('tollgate:misconfiguration')

/** Tells subscribers of `node:diagnostics_channel`. Without any it costs a look at a flag. */
export const diagnostics = {
  refusal(message: RefusalMessage): void {
    refusals.publish(message)
  },
  unavailable(message: UnavailableMessage): void {
    failures.publish(message)
  },
  failure(message: FailureMessage): void {
    bugs.publish(message)
  },
  cacheFailure(message: CacheMessage): void {
    cache.publish(message)
  },
  security(message: SecurityMessage): void {
    security.publish(message)
  },
  misconfiguration(message: MisconfigurationMessage): void {
    misconfigurations.publish(message)
    const code = `TOLLGATE_${message.event.toUpperCase().replace('-', '_')}`
    process.emitWarning(message.message, { type: 'TollgateWarning', code })
  },
}

import { channel } from 'node:diagnostics_channel'
import type { Refusal, RefusalCode } from './refusal.ts'
import type { Unavailable } from './unavailable.ts'

/** The message on `tollgate:refusal`: a request was refused; `refusal.reason` says why. */
export interface RefusalMessage {
  /** A label for metrics, as in the messages below: it agrees with the status on the wire. */
  readonly outcome: 'no_credentials' | RefusalCode
  readonly refusal: Refusal
}

/** The message on `tollgate:unavailable`: nobody judged the token; `error.reason` and `error.cause` say why. */
export interface UnavailableMessage {
  readonly outcome: 'unreachable_upstream' | 'unintelligible_upstream' | 'misconfigured'
  readonly error: Unavailable
}

/** The message on `tollgate:failure`: something failed that is neither; `error` is what was thrown, by a guard of yours or by a bug. */
export interface FailureMessage {
  readonly outcome: 'internal_error'
  readonly error: unknown
}

/** The message on `tollgate:cache`: a shared cache failed. A request goes on without it; an eviction fails. */
export interface CacheMessage {
  readonly operation: 'get' | 'set' | 'delete'
  /** The `code` of the error, or its name, for the rest may hold what was to be stored; `too-late` after 250 ms, `no-text` for a value that is none. */
  readonly error: string
}

/** The message on `tollgate:security`: an issuer published something that it must not, and it was ignored. */
export interface SecurityMessage {
  readonly event: 'private-key-published' | 'symmetric-key-published'
  /** The URL of the key set. */
  readonly keySet: string
}

/** The message on `tollgate:misconfiguration`: something in the set-up makes good tokens fail. Also a warning of the process: `credentials-refused` once a minute at most, `missing-audience` once, for each issuer of a validator. */
export interface MisconfigurationMessage {
  readonly event: 'credentials-refused' | 'missing-audience'
  readonly issuer: string
  /** A sentence that tells the fix. */
  readonly message: string
}

const refusals = channel('tollgate:refusal')
const unavailables = channel('tollgate:unavailable')
const failures = channel('tollgate:failure')
const cache = channel('tollgate:cache')
const security = channel('tollgate:security')
const misconfigurations = channel('tollgate:misconfiguration')

/** Tells subscribers of `node:diagnostics_channel`. Without any it costs a look at a flag. */
export const diagnostics = {
  refusal(message: RefusalMessage): void {
    refusals.publish(message)
  },
  unavailable(message: UnavailableMessage): void {
    unavailables.publish(message)
  },
  failure(message: FailureMessage): void {
    failures.publish(message)
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

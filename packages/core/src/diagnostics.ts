import { channel } from 'node:diagnostics_channel'
import type { Refusal } from './refusal.ts'
import type { Unavailable } from './unavailable.ts'

/** The message on `tollgate:refusal`: a request was refused; `refusal.reason` says why. */
export interface RefusalMessage {
  readonly refusal: Refusal
}

/** The message on `tollgate:unavailable`: nobody judged the token; `error.reason` and `error.cause` say why. */
export interface UnavailableMessage {
  readonly error: Unavailable
}

/** The message on `tollgate:security`: an issuer published something that it must not, and it was ignored. */
export interface SecurityMessage {
  readonly event: 'private-key-published' | 'symmetric-key-published'
  /** The URL of the key set. */
  readonly keySet: string
}

const refusals = channel('tollgate:refusal')
const failures = channel('tollgate:unavailable')
const security = channel('tollgate:security')

/** Tells subscribers of `node:diagnostics_channel`. Without any it costs a look at a flag. */
export const diagnostics = {
  refusal(message: RefusalMessage): void {
    refusals.publish(message)
  },
  unavailable(message: UnavailableMessage): void {
    failures.publish(message)
  },
  security(message: SecurityMessage): void {
    security.publish(message)
  },
}

import { invalidToken } from '../responses/refusal.ts'

interface Constraint {
  readonly cnf?: unknown
  /** Of an introspection answer. */
  readonly token_type?: string
}

/**
 * A token that is bound to a key is worthless as a bearer token: `cnf` is refused, whatever is in it, as long as its
 * binding cannot be verified here (RFC 7800 §3, RFC 9449 §7.2), and so is an opaque token whose `token_type` is `DPoP`.
 */
export function verifySenderConstraint({ cnf, token_type: type }: Constraint): void {
  if (cnf !== undefined || type?.toLowerCase() === 'dpop') {
    throw invalidToken('sender-constrained')
  }
}

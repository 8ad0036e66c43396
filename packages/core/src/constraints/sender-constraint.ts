import type { AccessToken } from '../access-token.ts'
import { invalidToken } from '../refusal.ts'

/**
 * A token that is bound to a key is worthless as a bearer token: `cnf` is refused, whatever is in it, as long as its
 * binding cannot be verified here (RFC 7800 §3, RFC 9449 §7.2).
 */
export function verifySenderConstraint(token: AccessToken): void {
  if (token.claims['cnf'] !== undefined) {
    throw invalidToken('sender-constrained')
  }
}

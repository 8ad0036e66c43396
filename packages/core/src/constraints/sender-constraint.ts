import type { AccessToken } from '../access-token.ts'
import { invalidToken } from '../refusal.ts'

/**
 * A token that is bound to a key is worthless as a bearer token: `cnf` is refused, whatever is in it, as long as its
 * binding cannot be verified here (RFC 7800 §3, RFC 9449 §7.2), and so is an opaque token whose `token_type` is `DPoP`.
 */
export function verifySenderConstraint({ kind, claims }: AccessToken): void {
  const isDpop = kind === 'opaque' && claims.token_type?.toLowerCase() === 'dpop'
  if (isDpop || claims['cnf'] !== undefined) {
    throw invalidToken('sender-constrained')
  }
}

import { own } from '../lib/record.ts'
import { invalidToken } from '../responses/refusal.ts'
import type { HttpRequest } from '../request/http-request.ts'
import type { ValidatedToken } from '../validated-token.ts'

/**
 * Step 5 (RFC 7800 §3, RFC 9449 §7.2): refuses a token that is bound to a key, because the library cannot verify the
 * binding yet. The context, which will contain the proof, is not read yet. `now` is in milliseconds.
 *
 * @throws Refusal 401 `sender-constrained`.
 */
export async function verifySenderConstraint(
  token: ValidatedToken,
  _context: { readonly request: HttpRequest | undefined; readonly now: number },
): Promise<void> {
  if (isSenderConstrained(token)) {
    throw invalidToken('sender-constrained', [token.cnf === undefined ? 'token_type' : 'cnf'])
  }
}

/** Whether `cnf` or the introspected `token_type` says that the token is bound to a key. */
export function isSenderConstrained({ kind, cnf, claims }: ValidatedToken): boolean {
  const type = kind === 'opaque' ? own(claims, 'token_type') : undefined
  return cnf !== undefined || (typeof type === 'string' && type.toLowerCase() === 'dpop')
}

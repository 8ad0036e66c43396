// oxlint-disable typescript/no-unnecessary-type-arguments -- what TokenTypes holds, an application says
import type { AccessToken } from '@tollgate/core'
import type { ClaimsOf } from '@tollgate/core/adapter'

/**
 * What the schema of `claims` makes of the claims, for the type of `req.auth`:
 * `declare module '@tollgate/express/augment' { interface TokenTypes { claims: Claims } }`.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- applications augment it
export interface TokenTypes {}

// Opt-in, for two packages that type the same name break each other silently: import '@tollgate/express/augment'
declare global {
  // The name is Express's own.
  namespace Express {
    interface Request {
      /** The access token that `protect()` let in; absent on routes without protection, and on optional ones without credentials. */
      auth?: AccessToken<ClaimsOf<TokenTypes>>
    }
  }
}

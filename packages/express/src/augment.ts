// oxlint-disable typescript/no-unnecessary-type-arguments -- applications declare TokenTypes
import type { AccessToken } from '@tollgate/core'
import type { ClaimsOf } from '@tollgate/core/adapter'

/**
 * The type of the claims that the schema in `claims` returns, for `req.auth`: `declare module
 * '@tollgate/express/augment' { interface TokenTypes { claims: Claims } }`.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- applications augment it
export interface TokenTypes {}

// Opt-in by `import '@tollgate/express/augment'`, because two packages that type the same name conflict.
declare global {
  // Express chose this name.
  namespace Express {
    interface Request {
      /** The access token. Absent on routes without `protect()`, and on optional routes without credentials. */
      auth?: AccessToken<ClaimsOf<TokenTypes>>
    }
  }
}

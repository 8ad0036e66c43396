import type { AccessToken } from '@tollgate/core'

// Opt-in, for two packages that type the same name break each other silently: import '@tollgate/express/augment'
declare global {
  // The name is Express's own.
  namespace Express {
    interface Request {
      /** The access token that `protect()` let in; absent on routes without protection, and on optional ones without credentials. */
      auth?: AccessToken
    }
  }
}

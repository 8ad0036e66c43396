import type { ClaimsOf } from '@tollgate/core/adapter'

/**
 * The type of the claims that the schema in `claims` returns, for `app.auth(request)` and `request.auth`: `declare
 * module '@tollgate/fastify' { interface TokenTypes { claims: Claims } }`.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- applications augment it
export interface TokenTypes {}

/** The claims as the issuer sent them, unless the application declares a type. */
export type TypedClaims = ClaimsOf<TokenTypes>

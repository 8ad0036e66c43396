import type { OptionalProtect as OptionalProtectOf, Protect as ProtectOf } from '@tollgate/core/adapter'
import type { ProtectedReply, ProtectedRequest } from './request.ts'
import type { TypedClaims } from './token-types.ts'

/** A hook for `onRequest`, or for a later hook before the handler. It sets `request.auth`, or the member that `decorate` names. */
export type Hook = (request: ProtectedRequest, reply: ProtectedReply) => Promise<unknown>

/**
 * The type of `app.protect`: `app.protect(…)` is for `onRequest` of a route, or for `app.addHook('onRequest', …)` of a
 * scope.
 */
export type Protect<Claims = TypedClaims> = ProtectOf<ProtectedRequest, Hook, Hook, Claims>

/** The type of `app.protect.optional`. */
export type OptionalProtect<Claims = TypedClaims> = OptionalProtectOf<ProtectedRequest, Hook, Claims>

// The plugin owns this name. Another package that types it too needs a scope of its own, and a cast.
declare module 'fastify' {
  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    /** Accepts requests with a valid access token that the guards accept: for `onRequest` of a route or of a scope. */
    protect: Protect
  }
}

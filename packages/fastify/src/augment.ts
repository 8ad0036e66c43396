// oxlint-disable typescript/no-unnecessary-type-arguments -- applications augment TokenTypes
import type { AccessToken } from '@tollgate/core'
import type { ProtectedRequest, RouteAuth } from './request.ts'
import type { TypedClaims } from './token-types.ts'

// Opt-in by `import '@tollgate/fastify/augment'`, because two packages that type the same name conflict.
declare module 'fastify' {
  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    /**
     * The token of a request that passed. It is never `undefined`: a route without protection throws a `TypeError`. It
     * is the same function as `app.protect.auth`. It is typed as a method, because `@fastify/auth` types one with this
     * name: with that plugin, use `app.protect.auth`.
     */
    auth(this: void, request: ProtectedRequest): AccessToken<TypedClaims>
  }
  interface FastifyRequest {
    /** The access token; `undefined` on routes without protection, and on optional ones without credentials. */
    auth: AccessToken<TypedClaims> | undefined
  }
  interface FastifyContextConfig {
    /** The demands of this route. `false` makes it public in a protected scope. */
    auth?: RouteAuth
  }
}

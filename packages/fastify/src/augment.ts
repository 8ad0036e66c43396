// oxlint-disable typescript/no-unnecessary-type-arguments -- applications augment TokenTypes
import type { AccessToken, RawClaims, StandardSchema, Validator, ValidatorOptions } from '@tollgate/core'
import type {
  MiddlewareOptions,
  ClaimsOf,
  OptionalProtect as OptionalProtectOf,
  Protect as ProtectOf,
} from '@tollgate/core/adapter'
import type { ProtectedReply, ProtectedRequest, RouteAuth } from './request.ts'

/**
 * The type of the claims that the schema in `claims` returns, for `app.auth(request)` and `request.auth`: `declare
 * module '@tollgate/fastify' { interface TokenTypes { claims: Claims } }`.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- applications augment it
export interface TokenTypes {}

/** The claims as the issuer sent them, unless the application declares a type. */
export type TypedClaims = ClaimsOf<TokenTypes>

/** A hook for `onRequest`, or for a later hook before the handler. It sets `request.auth`. */
export type Hook = (request: ProtectedRequest, reply: ProtectedReply) => Promise<unknown>

/**
 * The type of `app.protect`: `app.protect(…)` is for `onRequest` of a route, or for `app.addHook('onRequest', …)` of a
 * scope.
 */
export type Protect<Claims = TypedClaims> = ProtectOf<ProtectedRequest, Hook, Hook, Claims>

/** The type of `app.protect.optional`. */
export type OptionalProtect<Claims = TypedClaims> = OptionalProtectOf<ProtectedRequest, Hook, Claims>

/** A compiler prints the name of this member when the application gives a schema without declaring its type. */
interface UndeclaredClaims extends StandardSchema<RawClaims> {
  readonly "Declare the type first: declare module '@tollgate/fastify' { interface TokenTypes { claims: … } }": never
}

/** The schema must return the declared type. */
type ClaimsOption = TypedClaims extends RawClaims
  ? { readonly claims?: UndeclaredClaims }
  : { readonly claims: StandardSchema<TypedClaims> }

/**
 * The options of the plugin: those of the validator, or a validator, which the plugin does not close; and those of the
 * middleware.
 */
export type TollgateOptions = MiddlewareOptions &
  (
    | (Omit<ValidatorOptions, 'claims'> & ClaimsOption & { readonly validator?: never })
    | ({ readonly validator: Validator<TypedClaims> } & { readonly [Name in keyof ValidatorOptions]?: never })
  )

declare module 'fastify' {
  interface FastifyInstance {
    /** Accepts requests with a valid access token that the guards accept: for `onRequest` of a route or of a scope. */
    protect: Protect
    /** The token of a request that passed. It is never `undefined`: a route without protection throws a `TypeError`. */
    auth: (request: ProtectedRequest) => AccessToken<TypedClaims>
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

// oxlint-disable typescript/no-unnecessary-type-arguments -- applications augment TokenTypes
import type { RawClaims, StandardSchema, Validator, ValidatorOptions } from '@tollgate/core'
import type {
  MiddlewareOptions,
  ClaimsOf,
  OptionalProtect as OptionalProtectOf,
  Protect as ProtectOf,
} from '@tollgate/core/adapter'
import type { ProtectedReply, ProtectedRequest } from './request.ts'

/**
 * The type of the claims that the schema in `claims` returns, for `app.auth(request)` and `request.auth`: `declare
 * module '@tollgate/fastify' { interface TokenTypes { claims: Claims } }`.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- applications augment it
export interface TokenTypes {}

/** The claims as the issuer sent them, unless the application declares a type. */
export type TypedClaims = ClaimsOf<TokenTypes>

/** A hook for `onRequest`, or for a later hook before the handler. It sets `request.auth`, or the member that `decorate` names. */
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
 * middleware. `decorate` names `request.<name>` and `app.<name>(request)`. A name that another plugin owns throws a
 * `TypeError`. An `app.auth` of another plugin, such as `@fastify/auth`, stays: then use `app.protect.auth(request)`.
 */
export type TollgateOptions = MiddlewareOptions &
  (
    | (Omit<ValidatorOptions, 'claims'> & ClaimsOption & { readonly validator?: never })
    | ({ readonly validator: Validator<TypedClaims> } & { readonly [Name in keyof ValidatorOptions]?: never })
  )

// The plugin owns this name. Another package that types it too needs a scope of its own, and a cast.
declare module 'fastify' {
  interface FastifyInstance<RawServer, RawRequest, RawReply, Logger, TypeProvider> {
    /** Accepts requests with a valid access token that the guards accept: for `onRequest` of a route or of a scope. */
    protect: Protect
  }
}

// oxlint-disable typescript/no-unnecessary-type-arguments -- what TypedClaims is, an application says
import type { AccessToken, RawClaims, StandardSchema, Validator, ValidatorOptions } from '@tollgate/core'
import type {
  MiddlewareOptions,
  ClaimsOf,
  OptionalProtect as OptionalProtectOf,
  Protect as ProtectOf,
} from '@tollgate/core/adapter'
import type { ProtectedReply, ProtectedRequest } from './request.ts'
import type { RouteAuth } from './route-auth.ts'

/**
 * What the schema of `claims` makes of the claims, for the types of `app.auth(request)` and `request.auth`:
 * `declare module '@tollgate/fastify' { interface TokenTypes { claims: Claims } }`.
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type -- applications augment it
export interface TokenTypes {}

/** As issued, unless an application says otherwise. */
export type TypedClaims = ClaimsOf<TokenTypes>

/**
 * A hook for `onRequest` (or a later one), for HTTP/1.1 and HTTP/2 alike. It sets `request.auth`. What lets a request on at once it says to the callback
 * that Fastify hands it last, and returns a promise else.
 */
export type Hook = (
  request: ProtectedRequest,
  reply: ProtectedReply,
  ...rest: readonly unknown[]
) => Promise<unknown> | undefined

/** What `app.protect` is: `app.protect(…)` is for `onRequest` of a route, or for `app.addHook('onRequest', …)` of a scope. */
export type Protect<Claims = TypedClaims> = ProtectOf<ProtectedRequest, Hook, Hook, Claims>

/** What `app.protect.optional` is. */
export type OptionalProtect<Claims = TypedClaims> = OptionalProtectOf<ProtectedRequest, Hook, Claims>

/** Its one member is what a compiler says to whoever gives a schema that the types have not been told of. */
interface UntoldClaims extends StandardSchema<RawClaims> {
  readonly "Tell the types first: declare module '@tollgate/fastify' { interface TokenTypes { claims: … } }": never
}

/** A schema has to be the one that the types speak of. */
type ClaimsOption = TypedClaims extends RawClaims
  ? { readonly claims?: UntoldClaims }
  : { readonly claims: StandardSchema<TypedClaims> }

/** What the plugin takes: the options of the validator, or a validator, which stays yours to close; and how to answer. */
export type TollgateOptions = MiddlewareOptions &
  (
    | (Omit<ValidatorOptions, 'claims'> & ClaimsOption & { readonly validator?: never })
    | ({ readonly validator: Validator<TypedClaims> } & { readonly [Name in keyof ValidatorOptions]?: never })
  )

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets requests through with a valid access token that the guards accept: for `onRequest` of a route or of a scope. */
    protect: Protect
    /** The token of a request that was let through: never undefined; a `TypeError` on a route without protection. */
    auth: (request: ProtectedRequest) => AccessToken<TypedClaims>
  }
  interface FastifyRequest {
    /** The access token; `undefined` on routes without protection, and on optional ones without credentials. */
    auth: AccessToken<TypedClaims> | undefined
  }
  interface FastifyContextConfig {
    /** What this route demands; `false` for a public one in a scope that is protected as a whole. */
    auth?: RouteAuth
  }
}

// oxlint-disable typescript/no-unnecessary-type-arguments -- applications augment TokenTypes
import type { RawClaims, StandardSchema, Validator, ValidatorOptions } from '@tollgate/core'
import type { MiddlewareOptions } from '@tollgate/core/adapter'
import type { TypedClaims } from './token-types.ts'

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

/** The schema must return the declared type. */
type ClaimsOption = TypedClaims extends RawClaims
  ? { readonly claims?: UndeclaredClaims }
  : { readonly claims: StandardSchema<TypedClaims> }

/** A compiler prints the name of this member when the application gives a schema without declaring its type. */
interface UndeclaredClaims extends StandardSchema<RawClaims> {
  readonly "Declare the type first: declare module '@tollgate/fastify' { interface TokenTypes { claims: … } }": never
}

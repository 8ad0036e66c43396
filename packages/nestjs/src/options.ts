import type { RawClaims, Validator, ValidatorOptions } from '@tollgate/core'
import {
  expectOptions,
  expectProtectOptions,
  invalidOption,
  type MiddlewareOptions,
  type ProtectSettings,
} from '@tollgate/core/adapter'

/** The options of this adapter. */
export interface NestOptions extends MiddlewareOptions {
  /**
   * Where a socket presents its token, besides the headers of its upgrade request. `'accepted'`: also in `auth: { token }`
   * of Socket.IO, and in `connectionParams: { Authorization: 'Bearer …' }` of graphql-ws. `'ignored'`: nowhere else.
   * Browsers cannot set headers for sockets. Default: `'ignored'`.
   */
  readonly handshakeAuth?: 'ignored' | 'accepted' | undefined
}

/**
 * The options of `TollgateModule`: those of the validator, or a `validator` of `createValidator`, and those of the
 * adapter. The module closes a validator that it creates. It does not close a given one.
 */
export type TollgateOptions<Claims = RawClaims> = NestOptions &
  (
    | (ValidatorOptions<Claims> & { readonly validator?: never })
    | ({ readonly validator: Validator<Claims> } & { readonly [Name in keyof ValidatorOptions]?: never })
  )

/** The checked options. */
export interface TollgateSettings<Claims = RawClaims> extends ProtectSettings<Claims> {
  readonly handshakeAuth: 'ignored' | 'accepted'
}

const besideValidator = ['validator', 'errors', 'preflights', 'decorate', 'handshakeAuth']

/** Checks the options, and creates the validator if they contain none. */
export function expectTollgateOptions<Claims>(options: TollgateOptions<Claims>): TollgateSettings<Claims> {
  if (!hasValidator(options)) {
    const { handshakeAuth, ...others } = expectOptions(options, 'the options', ownNames(options))
    const settings = expectProtectOptions<Claims>(others)
    return { ...settings, handshakeAuth: expectHandshakeAuth(handshakeAuth) }
  }
  const known = expectOptions(options, 'the options beside a validator', besideValidator)
  const { validator, handshakeAuth, errors, preflights, decorate } = known
  return {
    ...expectProtectOptions(validator, { errors, preflights, decorate }),
    handshakeAuth: expectHandshakeAuth(handshakeAuth),
  }
}

/** Whether the application owns the validator. */
export function hasValidator<Claims>(
  options: TollgateOptions<Claims>,
): options is TollgateOptions<Claims> & { readonly validator: Validator<Claims> } {
  return typeof options === 'object' && options !== null && Object.hasOwn(options, 'validator')
}

/** The check of the names comes after that of `handshakeAuth`, which the validator does not know. */
function ownNames(options: unknown): readonly string[] {
  return typeof options === 'object' && options !== null ? Object.keys(options) : []
}

function expectHandshakeAuth(value: unknown): 'ignored' | 'accepted' {
  if (value !== undefined && value !== 'ignored' && value !== 'accepted') {
    throw invalidOption("Expected `handshakeAuth` to be 'ignored' or 'accepted'")
  }
  return value ?? 'ignored'
}

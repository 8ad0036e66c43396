import type { RawClaims, RespondWithMetadata, Validator, ValidatorOptions } from '@tollgate/core'
import {
  expectOneOf,
  expectOptions,
  expectProtectOptions,
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
  /**
   * `'served'`: the application serves the metadata of the resource (RFC 9728) under `/.well-known/oauth-protected-resource`,
   * without a token, and challenges name its URL. No global prefix and no version applies. The resource needs a URL: see
   * `resource`. Default: `'off'`.
   */
  readonly metadata?: 'served' | 'off' | undefined
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
  /** `undefined` when the metadata is not served. */
  readonly respondWithMetadata: RespondWithMetadata | undefined
}

const besideValidator = ['validator', 'errors', 'preflights', 'decorate', 'handshakeAuth', 'metadata']

/** Checks the options, and creates the validator if they contain none. */
export function expectTollgateOptions<Claims>(options: TollgateOptions<Claims>): TollgateSettings<Claims> {
  if (!hasValidator(options)) {
    const { handshakeAuth, metadata, ...others } = expectOptions(options, 'the options', ownNames(options))
    return withNestOptions(expectProtectOptions<Claims>(others), { handshakeAuth, metadata })
  }
  const known = expectOptions(options, 'the options beside a validator', besideValidator)
  const { validator, handshakeAuth, metadata, errors, preflights, decorate } = known
  return withNestOptions(expectProtectOptions(validator, { errors, preflights, decorate }), { handshakeAuth, metadata })
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

function withNestOptions<Claims>(
  settings: ProtectSettings<Claims>,
  { handshakeAuth = 'ignored', metadata = 'off' }: Pick<NestOptions, 'handshakeAuth' | 'metadata'>,
): TollgateSettings<Claims> {
  const isServed = expectOneOf(metadata, 'metadata', ['served', 'off']) === 'served'
  return {
    ...settings,
    handshakeAuth: expectOneOf(handshakeAuth, 'handshakeAuth', ['ignored', 'accepted']),
    respondWithMetadata: isServed ? settings.validator.metadata() : undefined,
  }
}

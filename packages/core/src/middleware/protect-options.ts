import { Readable } from 'node:stream'
import type { RawClaims } from '../access-token.ts'
import { buildValidator } from '../create-validator.ts'
import { expectOrigins } from '../constraints/dpop/origins.ts'
import { expectOneOf, expectOptions, expectText, invalidOption } from '../lib/invalid-option.ts'
import { expectValidatorOptions, type ValidatorOptions } from '../options.ts'
import { isErrorResponse } from '../responses/error-response.ts'
import { hasOwnMethod } from '../create-methods.ts'
import type { Validator } from '../validator-methods.ts'

/** The options of the middleware. */
export interface MiddlewareOptions {
  /**
   * `'respond'`: the middleware sends refusals and outages itself, with status, challenge and a small JSON body.
   * `'throw'`: it passes them to the framework's error handling, with `status`, `headers` and `expose`. Any other error
   * always goes there, as the `cause` of an error. Default: `'respond'`.
   */
  readonly errors?: 'respond' | 'throw' | undefined
  /** @deprecated The former name of `errors`. */
  readonly refusals?: 'respond' | 'throw' | undefined
  /**
   * CORS preflights, which never carry credentials. `'authenticate'`: they need a token. Choose it with a CORS layer in
   * front, which responds to them first. `'skip'`: they pass without a token, for a CORS layer behind. Then your own
   * handlers for `OPTIONS` or for all methods see them too. Default: `'authenticate'`.
   */
  readonly preflights?: 'authenticate' | 'skip' | undefined
  /**
   * The name of the member that receives the token: of the request (Express, Fastify, NestJS), of `ctx.state` (Koa), or
   * of the variables (Hono). Choose another one where a package beside Tollgate uses the same name. Default: `'auth'`.
   */
  readonly decorate?: string | undefined
  /** The `origin` of these routes, beside a validator. See `ValidatorOptions`. An `origin` of the validator comes first. */
  readonly origin?: string | readonly string[] | undefined
}

/** The options of an adapter: those of the validator and those of the middleware. */
export type ProtectOptions<Claims = RawClaims> = ValidatorOptions<Claims> & MiddlewareOptions

/** The checked options of an adapter. */
export interface ProtectSettings<Claims = RawClaims> {
  readonly validator: Validator<Claims>
  readonly preflights: 'authenticate' | 'skip'
  readonly errors: 'respond' | 'throw'
  readonly decorate: string
  /** Beside a validator only. */
  readonly origin: readonly string[] | undefined
}

const optionNames: readonly (keyof MiddlewareOptions)[] = ['errors', 'refusals', 'preflights', 'decorate', 'origin']

/** Checks a validator and middleware options, or all options in one object, and creates the validator if needed. */
export function expectProtectOptions<Claims>(
  subject: Validator<Claims> | ProtectOptions<Claims>,
  options?: MiddlewareOptions,
): ProtectSettings<Claims> {
  if (isValidator(subject)) {
    expectWholeWrapper(subject)
    const checked = expectOptions(options ?? {}, 'the options beside a validator', optionNames)
    const { origin } = checked
    return { ...settingsOf(subject, checked), origin: origin === undefined ? undefined : expectOrigins(origin) }
  }
  if (options !== undefined) {
    throw invalidOption(
      'Expected a validator of createValidator, or all options in one object: the first argument is no validator',
    )
  }
  const settings = expectValidatorOptions(subject, optionNames)
  // This copy has own members only. The names are checked above.
  return settingsOf(buildValidator(settings), expectOptions(subject, 'the options', Object.keys(subject)))
}

function isValidator<Claims>(subject: Validator<Claims> | ProtectOptions<Claims>): subject is Validator<Claims> {
  return typeof subject === 'object' && subject !== null && 'authenticate' in subject && 'combine' in subject
}

/** The adapters call `authenticateOptional` and `authorize`. A wrapper of `authenticate` alone would never run. */
function expectWholeWrapper(validator: object): void {
  if (!hasOwnMethod(validator, 'authenticate') && hasOwnMethod(validator, 'authenticateOptional')) {
    throw invalidOption(
      'Expected a wrapper of a validator to replace `authenticateOptional` as well, because protect() calls that and `authorize`, and not `authenticate`; for a check of your own, use defineGuard',
    )
  }
}

function settingsOf<Claims>(validator: Validator<Claims>, options: MiddlewareOptions): ProtectSettings<Claims> {
  const { refusals, preflights = 'authenticate', decorate = 'auth' } = options
  const { errors = refusals ?? 'respond' } = options
  if (refusals !== undefined && refusals !== errors) {
    throw invalidOption('Expected `errors` without `refusals`, which is its former name')
  }
  return {
    validator,
    preflights: expectOneOf(preflights, 'preflights', ['authenticate', 'skip']),
    errors: expectOneOf(errors, 'errors', ['respond', 'throw']),
    decorate: expectName(decorate),
    origin: undefined,
  }
}

/** A name of the framework itself would break its requests. */
function expectName(name: unknown): string {
  const text = expectText(name, 'decorate')
  if (
    !/^[a-z_$][\w$]*$/i.test(text) ||
    text.startsWith('_') ||
    text in Readable.prototype ||
    namesOfFrameworks.has(text)
  ) {
    throw invalidOption("Expected `decorate` to be a new name for the token, such as 'token'")
  }
  return text
}

/**
 * Members of requests of Node, Express and Fastify, besides those of every stream. A token in place of a method would end
 * the process.
 */
const namesOfFrameworks = new Set(
  [
    'body headers headersDistinct rawHeaders trailers trailersDistinct rawTrailers method url originalUrl baseUrl path',
    'query params route app req res next raw socket connection server cookies signedCookies secret session user ip ips',
    'log id accepts fresh get header host hostname is protocol range secure stale subdomains xhr httpVersion complete',
    'aborted setTimeout statusCode',
    'statusMessage client upgrade prototype',
  ].flatMap((names) => names.split(' ')),
)

/**
 * The error for the framework's error handling. A refusal or an outage stays as it is. Any other error becomes the
 * `cause` of a new error. Express would continue on `undefined` and `'route'`, and would send the `status` and `headers`
 * of a foreign error.
 */
export function toFrameworkError(error: unknown): Error {
  const message =
    'A function of the application (a guard, `issuer`, `claims`, `parameters`, …) or Tollgate itself failed'
  return isErrorResponse(error) ? error : new Error(message, { cause: error })
}

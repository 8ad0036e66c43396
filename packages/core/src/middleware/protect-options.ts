import type { RawClaims } from '../access-token.ts'
import { type Answer, isErrorResponse } from '../responses/error-response.ts'
import { expectOneOf, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { checkOptions, validatorOptionNames, type ValidatorOptions } from '../options.ts'
import { buildValidator, type Validator } from '../validator.ts'

export interface MiddlewareOptions {
  /**
   * `'respond'`: refusals are answered here, with status, challenge and a small JSON body, and nothing is logged.
   * `'throw'`: they go to the framework's error handling, with `status`, `headers` and `expose` set. Default: `'respond'`.
   * Whatever is neither a `Refusal` nor an `Unavailable` always goes to the framework, as the `cause` of an error.
   */
  readonly errors?: 'respond' | 'throw' | undefined
  /**
   * CORS preflights, which never carry credentials. `'authenticate'`: they are requests like any other, for a CORS layer in front answers them.
   * `'skip'`: they go by without a token, for a layer behind; a handler of your own for `OPTIONS`, or for all methods, then sees them as well. Default: `'authenticate'`.
   */
  readonly preflights?: 'authenticate' | 'skip' | undefined
}

/** What an adapter takes: the options of the validator, and how to answer. */
export type ProtectOptions<Claims = RawClaims> = ValidatorOptions<Claims> & MiddlewareOptions

export interface Protection<Claims = RawClaims> {
  readonly validator: Validator<Claims>
  readonly preflights: 'authenticate' | 'skip'
  /** What to answer to an error; `undefined` when it is the framework's affair. */
  readonly answerTo: (error: unknown) => Answer | undefined
}

/**
 * What to hand to a framework's error handling. A refusal and an outage go as they are. Whatever else was thrown goes as
 * the `cause` of an error of ours: Express takes `undefined`, `'route'` and their like for leave to go on, and would answer
 * with the `status` and `headers` that an upstream's error happens to carry.
 */
export function toFrameworkError(error: unknown): Error {
  return isErrorResponse(error)
    ? error
    : new Error('A function of yours (a guard, `issuer`, `claims`, `bearer`, `parameters`) or Tollgate itself failed', {
        cause: error,
      })
}

const answeringOptionNames = ['errors', 'preflights']

/** Sorts out what an adapter was given: a validator, or the options of one together with its own. */
export function createProtection<Claims>(
  subject: Validator<Claims> | ProtectOptions<Claims>,
  options?: MiddlewareOptions,
): Protection<Claims> {
  if (isValidator(subject)) {
    expectOptions(options ?? {}, 'the options beside a validator', answeringOptionNames)
    return protectionOf(subject, options)
  }
  if (options !== undefined) {
    throw invalidOption(
      'Expected what createValidator makes, or all options in one object: the first argument is no validator',
    )
  }
  return protectionOf(
    buildValidator(checkOptions(subject, [...validatorOptionNames, ...answeringOptionNames])),
    subject,
  )
}

function isValidator<Claims>(subject: Validator<Claims> | ProtectOptions<Claims>): subject is Validator<Claims> {
  return typeof subject === 'object' && subject !== null && 'authenticate' in subject && 'combine' in subject
}

function protectionOf<Claims>(
  validator: Validator<Claims>,
  { errors = 'respond', preflights = 'authenticate' }: MiddlewareOptions = {},
): Protection<Claims> {
  expectOneOf(errors, 'errors', ['respond', 'throw'])
  return {
    validator,
    preflights: expectOneOf(preflights, 'preflights', ['authenticate', 'skip']),
    answerTo: (error) => (errors === 'respond' && isErrorResponse(error) ? error : undefined),
  }
}

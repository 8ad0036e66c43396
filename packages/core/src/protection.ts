import { expectOneOf, expectOptions, invalidOption } from './invalid-option.ts'
import { validatorOptionNames, type ValidatorOptions } from './options.ts'
import { Refusal } from './refusal.ts'
import { Unavailable } from './unavailable.ts'
import { createValidator, type Validator } from './validator.ts'

export interface AnsweringOptions {
  /**
   * `'answer'`: refusals are answered here, with status, challenge and a small JSON body, and nothing is logged.
   * `'throw'`: they go to the framework's error handling, with `status`, `headers` and `expose` set. Default: `'answer'`.
   * Whatever is neither a `Refusal` nor an `Unavailable` always goes to the framework, as the `cause` of an error.
   */
  readonly refusals?: 'answer' | 'throw' | undefined
}

export interface Protection {
  readonly validator: Validator
  /** What to answer to an error; `undefined` when it is the framework's affair. */
  readonly answerTo: (error: unknown) => Refusal | Unavailable | undefined
}

/**
 * What to hand to a framework's error handling. A refusal and an outage go as they are. Whatever else was thrown goes as
 * the `cause` of an error of ours: Express takes `undefined`, `'route'` and their like for leave to go on, and would answer
 * with the `status` and `headers` that an upstream's error happens to carry.
 */
export function failureOf(error: unknown): Error {
  return isOurs(error)
    ? error
    : new Error('A function of yours (a guard, `issuer`, `bearer`, `extras`) or Tollgate itself failed', {
        cause: error,
      })
}

/** Sorts out what `createProtect` was given: a validator, or the options of one together with its own. */
export function createProtection(
  subject: Validator | (ValidatorOptions & AnsweringOptions),
  options?: AnsweringOptions,
): Protection {
  if (isValidator(subject)) {
    expectOptions(options ?? {}, 'the second argument of createProtect', ['refusals'])
    return protectionOf(subject, options?.refusals)
  }
  if (options !== undefined) {
    throw invalidOption('Expected all options of createProtect in its first argument, got a second one')
  }
  expectOptions(subject, 'the options of createProtect', [...validatorOptionNames, 'refusals'])
  const { refusals, ...validatorOptions } = subject
  return protectionOf(createValidator(validatorOptions), refusals)
}

function isValidator(subject: unknown): subject is Validator {
  return typeof subject === 'object' && subject !== null && 'authenticate' in subject && 'combine' in subject
}

function protectionOf(validator: Validator, refusals: AnsweringOptions['refusals'] = 'answer'): Protection {
  expectOneOf(refusals, 'refusals', ['answer', 'throw'])
  return {
    validator,
    answerTo: (error) => (refusals === 'answer' && isOurs(error) ? error : undefined),
  }
}

function isOurs(error: unknown): error is Refusal | Unavailable {
  return error instanceof Refusal || error instanceof Unavailable
}

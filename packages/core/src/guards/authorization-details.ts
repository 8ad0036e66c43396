import {
  type AuthorizationDetail,
  claimName,
  detailsIn,
  type FoundDetail,
  hasDetail,
} from '../claims/authorization-details.ts'
import { formatPath } from '../claims/claim-path.ts'
import { isSchema, maxPaths, pathsOf, runSchema } from '../claims/run-schema.ts'
import { describe, expectText, invalidOption } from '../lib/invalid-option.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import type { StandardSchema } from '../lib/standard-schema.ts'
import { validatedOf } from '../request-token.ts'
import { callApplication } from '../responses/error-response.ts'
import { Refusal } from '../responses/refusal.ts'
import { type AuthorizationDetailsOptions, expectRemedy } from './authorization-remedy.ts'
import { createGuard, createTokenGuard, type Demands, type Guard, type GuardContext } from './guard.ts'

/** Decides about one element, never about several together. */
export type AuthorizationDetailPredicate<Type extends string = string, Native = unknown> = (
  detail: AuthorizationDetail<Type>,
  context: GuardContext<Native>,
) => MaybePromise<boolean>

/**
 * Accepts a token with an element of `authorization_details` (RFC 9396) that permits the call. It takes a type, a type with
 * a Standard Schema or a predicate, or one of these two alone, which then sees the elements of every type. One element
 * must satisfy the whole condition: rights are never mixed across elements. Otherwise 403 `insufficient_scope`, without
 * scopes in the challenge. With `remedy`, it is 401 `insufficient_authorization`.
 *
 * Types are compared exactly. An element that is no object with a `type`, or that has a member of RFC 9396 §2.2 of another
 * type, grants nothing. A claim that is no array, or has more than 100 elements, grants nothing. A result of the
 * predicate other than `true` and `false`, and an error, is a failure (500).
 *
 * It does NOT check `locations`, `actions` or any other member by itself: a type alone accepts every element of it. It does
 * NOT check that a payment happens once.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid parameters.
 */
export function authorizationDetails<Type extends string, Native = unknown>(
  type: Type,
  condition: StandardSchema | AuthorizationDetailPredicate<Type, Native>,
  options?: AuthorizationDetailsOptions,
): Guard
export function authorizationDetails(type: string, options?: AuthorizationDetailsOptions): Guard
export function authorizationDetails<Native = unknown>(
  condition: StandardSchema | AuthorizationDetailPredicate<string, Native>,
  options?: AuthorizationDetailsOptions,
): Guard
export function authorizationDetails(...given: readonly unknown[]): Guard {
  const { type, condition, options } = expectParameters(given)
  const remedy = expectRemedy(options, type)
  const demands: Demands = {
    ...(type === undefined ? {} : { authorizationDetails: Object.freeze([type]) }),
    ...(remedy === undefined ? {} : { remedy }),
  }
  const refuse = (claimPaths: readonly string[]): Refusal =>
    new Refusal({
      code: remedy === undefined ? 'insufficient_scope' : 'insufficient_authorization',
      reason: 'missing-authorization-details',
      claimPaths,
    })
  if (condition === undefined) {
    return createTokenGuard({
      demands,
      stage: 'authorization-details',
      check: (token) => (hasDetail(validatedOf(token).claims, type ?? '') ? 'pass' : refuse([claimName])),
    })
  }
  return createGuard({
    demands,
    stage: 'authorization-details',
    check: async (token, context) => {
      const found = detailsIn(validatedOf(token).claims, type)
      const paths: string[] = found.length === 0 ? [claimName] : []
      for (const one of found) {
        const faults = await condition(one, context)
        if (faults === 'none') {
          return 'pass'
        }
        paths.push(...faults)
      }
      return refuse([...new Set(paths)].slice(0, maxPaths))
    },
    checkNow: undefined,
  })
}

/** The paths of the members that do not satisfy the condition. */
type Condition = (found: FoundDetail, context: GuardContext) => Promise<'none' | readonly string[]>

interface Parameters {
  readonly type: string | undefined
  readonly condition: Condition | undefined
  readonly options: AuthorizationDetailsOptions
}

/** A variable without a value must not switch a condition off. */
function expectParameters(given: readonly unknown[]): Parameters {
  const hasType = typeof given[0] === 'string'
  const type = hasType ? expectText(given[0], 'type') : undefined
  const [first, ...others] = hasType ? given.slice(1) : given
  const condition = toCondition(first)
  const rest = condition === undefined ? [first, ...others] : others
  const isComplete = type !== undefined || condition !== undefined
  const isGiven = condition !== undefined || given.length < 2 || first !== undefined
  if (!isComplete || !isGiven || rest.length > 1) {
    throw invalidOption(
      `Expected authorizationDetails(…) to get a type, a Standard Schema or a predicate, or a type and one of these, and then the options, such as authorizationDetails('payment_initiation', (detail) => …), got ${given.map(describe).join(', ') || 'nothing'}`,
    )
  }
  return { type, condition, options: (rest[0] === undefined ? {} : rest[0]) as AuthorizationDetailsOptions }
}

function toCondition(given: unknown): Condition | undefined {
  // The schemas of some libraries are functions.
  if (isSchema(given)) {
    return bySchema(given)
  }
  return typeof given === 'function' ? byPredicate(given as AuthorizationDetailPredicate) : undefined
}

function bySchema(schema: StandardSchema): Condition {
  return async ({ detail, index }) => {
    const { issues } = await runSchema(schema, detail, 'authorizationDetails')
    return issues === undefined ? 'none' : pathsOf(issues, [claimName, index])
  }
}

function byPredicate(predicate: AuthorizationDetailPredicate): Condition {
  return async ({ detail, index }, context) => {
    const isAccepted: unknown = await callApplication(() => predicate(detail, context))
    // A truthy value is not `true`, because an object such as a `Refusal` must not open a route.
    if (typeof isAccepted !== 'boolean') {
      throw new TypeError(
        `Expected the predicate of authorizationDetails(…) to return true or false, got ${describe(isAccepted)}`,
      )
    }
    return isAccepted ? 'none' : [formatPath([claimName, index])]
  }
}

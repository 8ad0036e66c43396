import { type Duration, expectDuration } from '../lib/duration.ts'
import { describe, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { own } from '../lib/record.ts'
import { isQuotable } from '../responses/challenge.ts'
import { Refusal } from '../responses/refusal.ts'
import { policyOf } from '../request-token.ts'
import { createGuard, type Guard } from './guard.ts'

/** The options of the guard `stepUp`. At least one of them is required. */
export interface StepUpOptions {
  /**
   * The authentication context classes of which `acr` must be one, the preferred one first. Case counts. Default: any.
   */
  readonly acr?: string | readonly string[] | undefined
  /**
   * The maximum time since the resource owner signed in (`auth_time`): a whole number of seconds, or a text such as
   * `'5m'`. `0` demands a sign-in of this moment. The tolerance of the validator is added. Default: any time.
   */
  readonly maxAge?: number | Duration | undefined
}

/**
 * Accepts a token whose authentication is strong and recent enough (step-up, RFC 9470). Otherwise 401
 * `insufficient_user_authentication`, whose challenge names `acr_values` and `max_age`. The client then sends the resource
 * owner to the issuer again. A token without `acr` or `auth_time`, or with one of another type, is refused.
 *
 * It does NOT check that the issuer knows these values, nor how the resource owner signed in.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for invalid options.
 */
export function stepUp(options: StepUpOptions): Guard {
  const given = expectOptions(options, 'the options of stepUp', ['acr', 'maxAge'])
  const acr = given.acr === undefined ? undefined : expectAcr(given.acr)
  const maxAge = given.maxAge === undefined ? undefined : expectMaxAge(given.maxAge)
  if (acr === undefined && maxAge === undefined) {
    throw invalidOption("Expected `acr` or `maxAge` in stepUp(…), such as stepUp({ acr: 'gold', maxAge: '5m' })")
  }
  const refuse = (claim: string): Refusal =>
    new Refusal({
      code: 'insufficient_user_authentication',
      reason: 'insufficient-authentication',
      claimPaths: [claim],
    })
  return createGuard({
    demands: { ...(acr === undefined ? {} : { acr }), ...(maxAge === undefined ? {} : { maxAge }) },
    stage: 'step-up',
    check: async (token, { now }) => {
      const level = own(token.claims, 'acr')
      if (acr !== undefined && (typeof level !== 'string' || !acr.includes(level))) {
        return refuse('acr')
      }
      const tolerance = policyOf(token).clockTolerance / 1000
      const isRecent = maxAge === undefined || isWithin(own(token.claims, 'auth_time'), now / 1000, maxAge, tolerance)
      return isRecent ? 'pass' : refuse('auth_time')
    },
    // The fast path does not know the time.
    checkNow: undefined,
  })
}

/** All times are in seconds. A sign-in in the future is not known to be recent. */
function isWithin(authTime: unknown, now: number, maxAge: number, tolerance: number): boolean {
  const age = typeof authTime === 'number' ? now - authTime : NaN
  return age <= maxAge + tolerance && age >= -tolerance
}

function expectAcr(acr: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(acr) ? acr : [acr]
  if (list.length === 0 || !list.every(isAcr)) {
    throw invalidOption(
      `Expected \`acr\` of stepUp(…) to be one or several texts of printable ASCII without spaces, because a challenge lists them, got ${describe(acr)}`,
    )
  }
  return Object.freeze([...new Set(list)])
}

function isAcr(value: unknown): value is string {
  return typeof value === 'string' && isQuotable(value) && !value.includes(' ')
}

function expectMaxAge(maxAge: unknown): number {
  const seconds = typeof maxAge === 'number' ? maxAge : expectDuration(maxAge, 'maxAge') / 1000
  if (!Number.isSafeInteger(seconds) || seconds < 0) {
    throw invalidOption(
      "Expected `maxAge` of stepUp(…) to be a whole number of seconds from 0 on, or a text such as '5m'",
    )
  }
  return seconds
}

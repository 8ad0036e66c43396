import type { AccessTokenClaims } from '../access-token.ts'
import { describe, expectFunction, expectText } from '../lib/invalid-option.ts'
import type { MaybePromise } from '../lib/maybe-promise.ts'
import { callApplication } from '../responses/error-response.ts'
import { Refusal } from '../responses/refusal.ts'
import { createGuard, type Guard } from './guard.ts'

/**
 * Accepts a token for whose claims the predicate returns `true`. For `false`: 403 `insufficient_scope`, without scopes
 * in the challenge. Another result, and an error, is a failure (500). `reason` is an id for logs and metrics, which is
 * never sent to the client.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` without a function or a reason.
 */
export function claims(predicate: (claims: AccessTokenClaims) => MaybePromise<boolean>, reason: string): Guard {
  expectFunction(predicate, 'predicate')
  expectText(reason, 'reason')
  return createGuard({
    demands: {},
    stage: 'claims',
    check: async (token) => {
      const isAccepted: unknown = await callApplication(() => predicate(token.claims))
      // A truthy value is not `true`, because an object such as a `Refusal` must not open a route.
      if (typeof isAccepted !== 'boolean') {
        throw new TypeError(`Expected the predicate of claims(…) to return true or false, got ${describe(isAccepted)}`)
      }
      return isAccepted ? 'pass' : new Refusal({ reason })
    },
    checkNow: undefined,
  })
}

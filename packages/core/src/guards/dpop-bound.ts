import { invalidOption } from '../lib/invalid-option.ts'
import { invalidToken } from '../responses/refusal.ts'
import { createTokenGuard, type Guard } from './guard.ts'

/**
 * Accepts only a token that is bound to a key, and that came with a proof of that key (DPoP, RFC 9449). Any other token,
 * also one that is bound to a certificate only, is 401 `invalid_token`. The challenge offers the scheme DPoP alone.
 *
 * The validator needs `dpop: { mode: 'accepted' }`: with `'off'`, the route throws a `TypeError` at start-up. With
 * `'required'`, every route has this rule.
 */
export function dpopBound(): Guard {
  return createTokenGuard({
    demands: { dpop: true },
    stage: 'audience',
    check: ({ confirmation }) => (confirmation?.jkt === undefined ? invalidToken('unbound-token') : 'pass'),
  })
}

/** Without DPoP, no token could pass the guard. */
export function expectDpopOn({ demands }: Guard, mode: 'off' | 'accepted' | 'required'): void {
  if (demands.dpop === true && mode === 'off') {
    throw invalidOption("Expected `dpop: { mode: 'accepted' }` in the options, because dpopBound() needs it")
  }
}

import { expectText } from '../lib/invalid-option.ts'
import { invalidToken } from '../responses/refusal.ts'
import { createTokenGuard, type Guard } from './guard.ts'

/**
 * Accepts a token whose `aud` contains this audience, compared exactly. Otherwise 401 `invalid_token`. The audience of
 * the validator is checked as well. Use it for a route that is an API of its own.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an empty audience.
 */
export function audience(uri: string): Guard {
  const expected = expectText(uri, 'audience')
  return createTokenGuard({
    demands: {},
    stage: 'audience',
    check: (token) => (token.audience.includes(expected) ? 'pass' : invalidToken('wrong-audience')),
  })
}

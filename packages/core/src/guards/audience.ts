import { expectText } from '../lib/invalid-option.ts'
import { invalidToken } from '../responses/refusal.ts'
import { createGuard, type Guard } from './guard.ts'

/** The token is meant for this audience as well as for one of the validator's; else 401 `invalid_token`. For a route that is an API of its own. */
export function audience(uri: string): Guard {
  const expected = expectText(uri, 'audience')
  return createGuard({
    demands: {},
    stage: 'audience',
    check: (token) => (token.audience.includes(expected) ? undefined : invalidToken('wrong-audience')),
  })
}

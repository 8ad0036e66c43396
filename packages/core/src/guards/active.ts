import type { AccessToken } from '../access-token.ts'
import { type Duration, expectDuration } from '../duration.ts'
import { expectOptions } from '../invalid-option.ts'
import { Refusal } from '../refusal.ts'
import { createGuard, type Guard, type JudgingContext } from './guard.ts'

/**
 * The authorization server calls the token active, or has done so no longer ago than `within`; else 401 `invalid_token`. It is
 * asked by introspection, for JWTs as well, and without it nobody would hear of their revocation. The more dangerous the
 * route, the shorter the time. `'0s'` asks for every request. Guards that follow judge what the new answer says.
 *
 * Every issuer of the validator needs `introspection`; otherwise `protect(active(…))` throws. What is heard about a JWT binds
 * the routes that ask, and no others. A server that does not introspect JWTs says so (502) or calls them all inactive.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for what is no duration.
 */
export function active(options: { readonly within: Duration }): Guard {
  expectOptions(options, 'the options of active', ['within'])
  const within = expectDuration(options.within, 'within')
  return createGuard({
    demands: { activeWithin: within },
    stage: 'active',
    check: (token, { renew }) => outcomeOf(renew(token, within)),
  })
}

/** Within `anyOf` a refusal is not yet the end. */
async function outcomeOf(renewed: ReturnType<JudgingContext['renew']>): Promise<Refusal | AccessToken> {
  try {
    return await renewed
  } catch (error) {
    if (error instanceof Refusal) {
      return error
    }
    throw error
  }
}

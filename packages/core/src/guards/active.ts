import type { AccessToken } from '../access-token.ts'
import { type Duration, expectDuration } from '../lib/duration.ts'
import { expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { Refusal } from '../responses/refusal.ts'
import { type Soon, withFailures } from '../soon.ts'
import { createGuard, type Guard, type Judgement } from './guard.ts'

/**
 * The authorization server calls the token active, or has done so no longer ago than `within`; else 401 `invalid_token`. It is
 * asked by introspection, for JWTs as well, and without it nobody would hear of their revocation. The more dangerous the
 * route, the shorter the time. `'0s'` asks for every request, though requests at the same moment share one call. All
 * guards, and the handler, go by the new answer.
 *
 * Every issuer needs `introspection`: without it `protect(active(…))` throws or, when `issuer` is a function, a request that
 * brings its token fails (500). What is heard about a JWT binds
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
    check: (token, { renew }) => judgementOf(() => renew(token, within)),
  })
}

/** `active` is a demand on every issuer, for any of them may have given out the token of a request. */
export function expectRenewable(
  { demands }: Guard,
  issuers: readonly { readonly url: string; readonly introspects: boolean }[],
): void {
  const silent = demands.activeWithin === undefined ? undefined : issuers.find(({ introspects }) => !introspects)
  if (silent !== undefined) {
    throw invalidOption(
      `Expected the issuer ${silent.url} to have \`introspection\`: active({ within }) has to ask it about its tokens`,
    )
  }
}

/** Within `anyOf` a refusal is not yet the end. */
function judgementOf(renew: () => Soon<AccessToken>): Soon<Judgement> {
  return withFailures<Judgement>(renew, (error) => {
    if (error instanceof Refusal) {
      return error
    }
    throw error
  })
}

import { type Duration, expectDuration } from '../lib/duration.ts'
import { expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { createGuard, type Guard } from './guard.ts'

/**
 * Demands that the authorization server said within this time that the token is active. Otherwise 401 `invalid_token`.
 * The validator introspects JWTs too. It meets the demand before the other guards run, and they see the new response.
 *
 * `'0s'` introspects on every request. Concurrent requests with one token share one call. Every issuer needs
 * `introspection`: without it, `protect(active(…))` throws, or a request fails (500) when `issuer` is a function. A
 * response about a JWT counts only for the routes that demand it. A server that does not introspect JWTs calls them
 * inactive or answers with an error (502).
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for an invalid duration.
 */
export function active(options: { readonly within: Duration }): Guard {
  const { within } = expectOptions(options, 'the options of active', ['within'])
  return createGuard({
    demands: { activeWithin: expectDuration(within, 'within') },
    // The check always passes, in any stage.
    stage: 'audience',
    check: async () => 'pass',
    // An introspection waits.
    checkNow: undefined,
  })
}

/** Checks that each listed issuer introspects, because the token of a request can come from any of them. */
export function expectIntrospecting(
  { demands }: Guard,
  issuers: readonly { readonly url: string; readonly introspects: boolean }[],
): void {
  const silent = demands.activeWithin === undefined ? undefined : issuers.find(({ introspects }) => !introspects)
  if (silent !== undefined) {
    throw invalidOption(
      `Expected the issuer ${silent.url} to have \`introspection\`, because active({ within }) introspects its tokens`,
    )
  }
}

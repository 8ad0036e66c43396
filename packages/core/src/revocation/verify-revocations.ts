import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidToken } from '../responses/refusal.ts'
import { Unavailable, UpstreamError } from '../responses/unavailable.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import { createFindRevocation } from './revoked.ts'

/** Step 5: the revocations that this process knows. It makes no call. */
export interface RevocationCheck {
  /**
   * @throws Refusal 401 `revoked`. Unavailable `revocations-silent` (503) when the configuration refuses tokens without
   * contact to the log.
   */
  readonly verify: (token: ValidatedToken, text: string) => Promise<void>
  /** The same for the fast path. `false` for a token that the full path must refuse. */
  readonly passes: (token: ValidatedToken, text: string) => boolean
}

/** `isUsed`: whether the developer chose a log, or has revoked something. `labelOf`: the name of an issuer in diagnostics. */
export function createRevocationCheck(
  feed: RevocationFeed,
  {
    clock,
    isUsed,
    labelOf,
  }: { readonly clock: Clock; readonly isUsed: () => boolean; readonly labelOf: (issuer: string) => string },
): RevocationCheck {
  const { index, settings } = feed
  const findRevocation = createFindRevocation(index)
  const warned = new Set<string>()
  const isRefusing = (): boolean => settings.whenSilent === 'refuse' && feed.state() !== 'current'

  /** A revocation of such a token ends before the token does. */
  function warnOfLongLife({ exp, iat, issuer }: ValidatedToken): void {
    const livesFor = (exp ?? Infinity) * 1000 - (iat === undefined ? clock() : iat * 1000)
    const label = labelOf(issuer)
    if (livesFor > settings.keepFor && isUsed() && !warned.has(label)) {
      warned.add(label)
      warnOfMisconfiguration({
        event: 'short-revocations',
        issuer: label,
        message: `The tokens of ${label} live longer than a revocation is kept, or do not say how long: a revoked token can be accepted again. Raise \`keepFor\` of \`revocations\`, or shorten the lifetime of the tokens`,
      })
    }
  }

  return {
    verify: async (token, text) => {
      const claim = findRevocation(token, text)
      if (claim !== undefined) {
        throw invalidToken('revoked', claim === '' ? [] : [claim])
      }
      warnOfLongLife(token)
      if (isRefusing()) {
        throw new Unavailable(
          token.issuer,
          new UpstreamError({ reason: 'revocations-silent', message: messageOf(feed) }),
        )
      }
    },
    passes: (token, text) => findRevocation(token, text) === undefined && !isRefusing(),
  }
}

function messageOf(feed: RevocationFeed): string {
  return {
    silent: 'There is no contact to the log of revocations',
    'catching-up': 'The revocations are not read yet',
    full: 'There are more revocations than this process can know',
    current: 'The revocations were read meanwhile',
  }[feed.state()]
}

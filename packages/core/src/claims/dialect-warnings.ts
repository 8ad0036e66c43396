import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import type { MisconfigurationMessage } from '../diagnostics/messages.ts'
import { own } from '../lib/record.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { DialectSettings } from './dialect.ts'
import type { ClaimsFault } from './validate-claims.ts'

/**
 * Warns when good tokens are refused, or grant nothing, because their issuer writes them in another way than its
 * configuration says. Their clients cannot change that, so that the operator of the API must know it.
 */
export type ReportDialect = (token: ValidatedToken, fault: ClaimsFault | undefined) => void

/** Each warning is emitted once. JWTs and introspection responses share it. */
export function createReportDialect(issuer: string, dialect: DialectSettings): ReportDialect {
  const emitted = new Set<string>()

  function warnOnce(event: MisconfigurationMessage['event'], message: string): void {
    if (!emitted.has(event)) {
      emitted.add(event)
      warnOfMisconfiguration({ event, issuer, message })
    }
  }

  return (token, fault) => {
    // A token that does not plainly say that it is an access token may be a refresh token, which has no audience.
    if (token.statedKind?.kind === 'access-token' && isWithoutAudience(token, fault)) {
      warnOnce('missing-audience', missingAudience(token))
    }
    if (fault === undefined && dialect.scopes === 'the scope string' && Array.isArray(own(token.claims, 'scope'))) {
      warnOnce(
        'scope-array',
        `The tokens of ${issuer} have \`scope\` as an array, which grants nothing (RFC 9068 §2.2.3). To accept it, set \`dialect: { scopes: 'scope' }\` in trustedIssuer`,
      )
    }
  }
}

function isWithoutAudience({ audience, policy }: ValidatedToken, fault: ClaimsFault | undefined): boolean {
  return audience.length === 0 && fault?.claimPaths.length === 1 && fault.claimPaths[0] === policy.audienceClaim
}

/** The advice keeps the mark of access tokens, because refresh tokens of some servers have neither audience nor mark. */
function missingAudience({ issuer, policy, statedKind }: ValidatedToken): string {
  const [claim] = statedKind?.by ?? []
  const mark = claim === undefined ? 'isAccessToken' : `isAccessToken: { ${claim}: … }`
  return `The access tokens of ${issuer} name no audience in \`${policy.audienceClaim}\`, so that they are refused. Configure the issuer to name this API there. If another claim names it, set \`dialect: { audience }\`. Only if the issuer issues tokens for no other API, set \`missingAudience: 'trust'\`, with \`dialect: { ${mark} }\` to refuse its refresh tokens`
}

import { warnOfMisconfiguration } from '../diagnostics/channels.ts'
import type { MisconfigurationMessage } from '../diagnostics/messages.ts'
import { isInMilliseconds } from '../lib/numeric-date.ts'
import { own } from '../lib/record.ts'
import type { AccessTokenClaims } from '../access-token.ts'
import type { ValidatedToken } from '../validated-token.ts'
import { valueAt } from './claim-path.ts'
import type { DialectSettings } from './dialect.ts'
import type { ClaimsFault } from './validate-claims.ts'

/**
 * Warns when good tokens are refused, grant nothing, or never expire, because their issuer writes them in another way than its
 * configuration says. Their clients cannot change that, so that the operator of the API must know it.
 */
export type WarnOfDialect = (token: ValidatedToken, fault: ClaimsFault | undefined) => void

/** `emitted` are the warnings that were emitted already: each is emitted once. `label` is the issuer in diagnostics. */
export function createWarnOfDialect(label: string, dialect: DialectSettings, emitted: Set<string>): WarnOfDialect {
  const name = label === 'resolved' ? 'an issuer that the `issuer` function returned' : label

  function warnOnce(event: MisconfigurationMessage['event'], message: string): void {
    if (!emitted.has(event)) {
      emitted.add(event)
      warnOfMisconfiguration({ event, issuer: label, message })
    }
  }

  return (token, fault) => {
    // A token that does not plainly say that it is an access token may be a refresh token, which has no audience.
    if (token.statedKind?.kind === 'access-token' && isWithoutAudience(token, fault)) {
      warnOnce('missing-audience', missingAudience(name, token))
    }
    if (token.exp !== undefined && isInMilliseconds(token.exp)) {
      warnOnce(
        'exp-in-milliseconds',
        `The tokens of ${name} never expire, because they have \`exp\` in milliseconds: configure the issuer to write seconds (RFC 7519 §4.1.4). Until then, \`maxLifetime\` in trustedIssuer refuses them`,
      )
    }
    const unread = fault === undefined && dialect.scopes === 'default' ? unreadScopes(token.claims) : undefined
    if (unread !== undefined) {
      warnOnce(
        'unread-scopes',
        `The tokens of ${name} have scopes in \`${unread}\` that are not read, because only a string with spaces in \`scope\` counts (RFC 9068 §2.2.3). If they are meant for this API, set \`dialect: { scopes: '${unread}' }\` in trustedIssuer`,
      )
    }
  }
}

function isWithoutAudience({ audience, policy }: ValidatedToken, fault: ClaimsFault | undefined): boolean {
  return audience.length === 0 && fault?.claimPaths.length === 1 && fault.claimPaths[0] === policy.audienceClaim
}

/** The first claim that seems to contain scopes in a form or at a place that is not read. */
function unreadScopes(claims: AccessTokenClaims): string | undefined {
  const scope = valueAt(claims, ['scope'])
  if (typeof scope === 'string' && (scope.includes(' ') || !scope.includes(','))) {
    return undefined
  }
  return ['scope', 'scp', 'scopes', 'permissions'].find((name) => isFilled(valueAt(claims, [name])))
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined
}

/** The advice includes `isAccessToken`, because some refresh tokens have neither an audience nor a mark. */
function missingAudience(name: string, { policy, statedKind, claims }: ValidatedToken): string {
  const [claim] = statedKind?.by ?? []
  const mark = claim === undefined ? 'isAccessToken' : `isAccessToken: { ${claim}: … }`
  const others = ['client_id', 'azp'].filter((other) => own(claims, other) !== undefined)
  const hint = others.length === 0 ? '' : `, such as ${others.map((other) => `\`${other}\``).join(' or ')}`
  return `The access tokens of ${name} name no audience in \`${policy.audienceClaim}\`, so that they are refused. A preset of @tollgate/core/issuers knows how its vendor names the audience. Otherwise configure the issuer to name this API, or set \`dialect: { audience }\` if another claim names it or its clients${hint}. Only if the issuer issues tokens for no other API, set \`missingAudience: 'trust'\`, with \`dialect: { ${mark} }\` to refuse its refresh tokens`
}

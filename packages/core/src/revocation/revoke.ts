import type { Clock } from '../lib/clock.ts'
import { describe, expectOptions, expectText, invalidOption } from '../lib/invalid-option.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import { keyOf } from './revocation-record.ts'
import { keepMargin } from './revocations.ts'
import { keyOfToken } from './revoked.ts'

/** What to revoke: exactly one of `token`, `jti`, `sid`, `sub` and `clientId`. */
export interface Revocation {
  /**
   * This token. It need not be valid, and nothing validates it. Of a JWT, only the signed part counts. Any other token
   * is revoked in this spelling alone.
   */
  readonly token?: string | undefined
  /** The token with this `jti`. */
  readonly jti?: string | undefined
  /** All tokens of this session at the issuer. */
  readonly sid?: string | undefined
  /** All tokens of this subject. */
  readonly sub?: string | undefined
  /** All tokens of this client. */
  readonly clientId?: string | undefined
  /** The issuer of these tokens. Not for `token`. Required unless the validator lists exactly one issuer. */
  readonly issuer?: string | undefined
  /**
   * With `sid`, `sub` and `clientId`: the tokens that were issued then or before. A time in milliseconds, or a `Date`.
   * It must not be in the future. Default: now.
   */
  readonly before?: Date | number | undefined
}

const names = ['token', 'jti', 'sid', 'sub', 'clientId'] as const
/** Milliseconds: `before` may be so much in the future, because the clocks of two machines differ. */
const maxAhead = 60_000

/** `issuers` are the listed issuers. It is empty when `issuer` is a function. */
export function createRevoke(
  feed: RevocationFeed,
  { clock, issuers }: { readonly clock: Clock; readonly issuers: readonly string[] },
): (revocation: Revocation) => Promise<void> {
  return async (revocation) => {
    const options = expectOptions(revocation, 'the revocation', [...names, 'issuer', 'before'])
    const [name, ...others] = names.filter((one) => options[one] !== undefined)
    if (name === undefined || others.length > 0) {
      throw invalidOption('Expected exactly one of `token`, `jti`, `sid`, `sub` and `clientId` to revoke')
    }
    const now = Math.ceil(clock())
    const value = expectText(options[name], name)
    const isOneToken = name === 'token' || name === 'jti'
    if (isOneToken && options.before !== undefined) {
      throw invalidOption(`Expected no \`before\` with \`${name}\`: it names one token, whenever that was issued`)
    }
    const before = expectBefore(options.before ?? now, now)
    const until = before + Math.ceil(feed.settings.keepFor) + keepMargin
    if (name === 'token') {
      await feed.publish({ kind: 'token', key: keyOfToken(expectTokenText(value, options.issuer)), before, until })
    } else {
      const kind = name === 'clientId' ? 'client' : name
      await feed.publish({ kind, key: keyOf(kind, expectIssuer(options.issuer, issuers), value), before, until })
    }
  }
}

/** A header line with its scheme, for example, would revoke nothing. */
function expectTokenText(token: string, issuer: unknown): string {
  if (issuer !== undefined) {
    throw invalidOption('Expected no `issuer` with `token`: the token itself is revoked')
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw invalidOption('Expected `token` to be a token, without a scheme such as Bearer and without spaces')
  }
  return token
}

function expectBefore(before: unknown, now: number): number {
  const time = before instanceof Date ? before.getTime() : before
  if (typeof time !== 'number' || !(time >= 0 && time <= now + maxAhead)) {
    throw invalidOption(
      `Expected \`before\` to be a Date or milliseconds since 1970, and not in the future, got ${describe(before)}`,
    )
  }
  return Math.ceil(time)
}

function expectIssuer(issuer: unknown, listed: readonly string[]): string {
  if (issuer === undefined && listed.length === 1) {
    return listed[0] ?? ''
  }
  const name = expectText(issuer, 'issuer')
  if (listed.length > 0 && !listed.includes(name)) {
    throw invalidOption('Expected `issuer` to be an issuer of the validator, exactly as it is configured')
  }
  return name
}

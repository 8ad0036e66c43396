import { randomUUID } from 'node:crypto'
import { CompactSign, type CryptoKey } from 'jose'
import type { MockClock } from './clock.ts'
import { ownMembers } from './options.ts'
import type { SigningKeys } from './signing-keys.ts'
import { textBytes } from './text-bytes.ts'

/** Claims under their wire names. `undefined` removes a default claim. */
export type Claims = Readonly<Record<string, unknown>>

/** The options of `accessToken`. */
export interface AccessTokenOptions {
  /** Header members that replace or extend `alg`, `kid` and `typ`. `undefined` removes a default member. */
  readonly header?: Readonly<Record<string, unknown>>
  /** The signature algorithm: one of the issuer's `algorithms`. Default: the first. */
  readonly algorithm?: string
}

/** The parts of an issuer that tokens are made of. */
export interface TokenSource {
  readonly issuer: string
  readonly audience: string
  readonly clock: MockClock
  readonly keys: SigningKeys
}

const validForSeconds = 300

/** The time of the clock in seconds, as claims contain it. */
export function currentSeconds({ clock }: { readonly clock: () => number }): number {
  return Math.floor(clock() / 1000)
}

/** The given claims over the default claims: those of RFC 9068 §2.2, valid for five minutes. */
export function withDefaultClaims(source: TokenSource, claims: Claims): Claims {
  const now = currentSeconds(source)
  return {
    iss: source.issuer,
    aud: source.audience,
    sub: 'alice',
    client_id: 'client-1',
    iat: now,
    exp: now + validForSeconds,
    jti: randomUUID(),
    ...claims,
  }
}

/** Signs an access token with a current key. Does not validate the claims. */
export async function signAccessToken(
  source: TokenSource,
  claims: Claims,
  options: AccessTokenOptions = {},
): Promise<string> {
  const { header, algorithm } = ownMembers(options, 'the options of `accessToken`', ['header', 'algorithm'])
  const key = source.keys.current(algorithm)
  const fullHeader = { alg: key.algorithm, kid: key.kid, typ: 'at+jwt', ...header }
  return sign(key.privateKey, fullHeader, withDefaultClaims(source, claims))
}

/** Signs any header and claims. Does not validate them, because a test may need invalid ones. */
export async function sign(key: CryptoKey | Uint8Array, header: Claims, claims: Claims): Promise<string> {
  const critical: unknown = Object.hasOwn(header, 'crit') ? header['crit'] : []
  const crit = Array.isArray(critical) ? Object.fromEntries(critical.map((name) => [name, true])) : {}
  return new CompactSign(textBytes(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', ...withoutUndefined(header) })
    .sign(key, { crit })
}

function withoutUndefined(members: Claims): Claims {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

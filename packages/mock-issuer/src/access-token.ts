import { randomUUID } from 'node:crypto'
import { CompactSign, type CryptoKey } from 'jose'
import type { MockClock } from './clock.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Claims under their wire names; `undefined` leaves one out that would be there by default. */
export type Claims = Readonly<Record<string, unknown>>

export interface AccessTokenOptions {
  /** Header members besides `alg`, `kid` and `typ`, or in place of them; `undefined` leaves one out. */
  readonly header?: Readonly<Record<string, unknown>>
  /** One of the issuer's `algorithms`. Default: the first. */
  readonly algorithm?: string
}

export interface Minting {
  readonly issuer: string
  readonly audience: string
  readonly clock: MockClock
  readonly keys: SigningKeys
}

const lifetime = 300

/** The claims of an access token by RFC 9068 §2.2, good for five minutes. */
export function defaultClaims({ issuer, audience, clock }: Minting): Claims {
  const now = Math.floor(clock() / 1000)
  return {
    iss: issuer,
    aud: audience,
    sub: 'alice',
    client_id: 'client-1',
    iat: now,
    exp: now + lifetime,
    jti: randomUUID(),
  }
}

export async function mintAccessToken(minting: Minting, claims: Claims, options: AccessTokenOptions): Promise<string> {
  const key = minting.keys.current(options.algorithm)
  const header = { alg: key.algorithm, kid: key.kid, typ: 'at+jwt', ...options.header }
  return sign(key.privateKey, header, { ...defaultClaims(minting), ...claims })
}

/** Signs whatever it is given: what is wrong with it is the caller's wish. */
export async function sign(key: CryptoKey | Uint8Array, header: Claims, claims: Claims): Promise<string> {
  const critical = Array.isArray(header['crit']) ? Object.fromEntries(header['crit'].map((name) => [name, true])) : {}
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'ES256', ...withoutUndefined(header) })
    .sign(key, { crit: critical })
}

function withoutUndefined(members: Claims): Claims {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

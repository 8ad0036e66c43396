import { hasJwtForm } from '../jwt/parse-jwt.ts'
import { isInMilliseconds } from '../lib/numeric-date.ts'
import { ownText } from '../lib/record.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { RevocationIndex } from './revocation-index.ts'
import { keyOf } from './revocation-record.ts'

/** Finds the revocation of a token. Every request calls it, so that it must be fast. */
export interface FindRevocation {
  /** The claim by which the token is revoked, or `''` for the token itself. `undefined` for a token that is not. */
  (token: ValidatedToken, text: string): string | undefined
}

/** The claim that each key of a token stands for, in the order of the keys. */
const claimOfKey = ['', 'jti', 'sid', 'sub', 'client_id'] as const
/** The keys that name one token, whenever it was issued. */
const oneToken: ReadonlySet<string> = new Set(['', 'jti'])

/** The keys under which a token can be revoked. `undefined` for a claim that it lacks. */
type Keys = readonly (string | undefined)[]

/** A cached token has one of these. An array of texts takes half the bytes of an array of objects. */
interface Checked {
  readonly keys: Keys
  version: number
  revokedBy: string | undefined
}

export function createFindRevocation(index: RevocationIndex): FindRevocation {
  const checked = new WeakMap<ValidatedToken, Checked>()

  return (token, text) => {
    if (index.isEmpty()) {
      return undefined
    }
    const known = checked.get(token)
    const version = index.version()
    if (known?.version === version) {
      return known.revokedBy
    }
    const keys = known?.keys ?? keysOf(token, text)
    const revokedBy = claimOfKey.find((claim, at) => isRevoked(keys[at], claim, token))
    if (known === undefined) {
      checked.set(token, { keys, version, revokedBy })
    } else {
      known.version = version
      known.revokedBy = revokedBy
    }
    return revokedBy
  }

  function isRevoked(key: string | undefined, claim: string, { iat }: ValidatedToken): boolean {
    const before = key === undefined ? undefined : index.revokedBefore(key)
    return before !== undefined && (oneToken.has(claim) || issuedAt(iat) <= before)
  }
}

/**
 * In milliseconds. `iat` has whole seconds in most tokens: a token of the same second may have been issued before. A
 * token without `iat` may be as old as any. Some issuers write milliseconds, and no revocation of a subject would concern
 * their tokens.
 */
function issuedAt(iat: number | undefined): number {
  return iat !== undefined && isInMilliseconds(iat) ? iat : (iat ?? -Infinity) * 1000
}

function keysOf({ issuer, subject, clientId, claims }: ValidatedToken, text: string): Keys {
  const named = { jti: ownText(claims, 'jti'), sid: ownText(claims, 'sid'), sub: subject, client: clientId }
  const keys = Object.entries(named).map(([name, value]) =>
    value === undefined || value === '' ? undefined : keyOf(name as keyof typeof named, issuer, value),
  )
  return [keyOfToken(text), ...keys]
}

/**
 * The key of a token by its text. Of a JWT only the signed part counts, because a client can write its signature in
 * another way. An issuer that introspects JWTs may accept spellings that this library refuses. Therefore the form of a
 * JWT is enough.
 */
export function keyOfToken(text: string): string {
  const signed = hasJwtForm(text) ? text.split('.').slice(0, -1).join('.') : text
  return keyOf('token', '', signed)
}

import { parseJwt } from '../jwt/parse-jwt.ts'
import { hash } from '../lib/recent-node.ts'
import { ownText } from '../lib/record.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { RevocationIndex } from './revocation-index.ts'
import { keyOf } from './revocation-record.ts'

/** Finds the revocation of a token. It is called on every request, so that it must cost next to nothing. */
export interface FindRevocation {
  /** The claim by which the token is revoked, or `''` for the token itself. `undefined` for a token that is not. */
  (token: ValidatedToken, text: string): string | undefined
}

interface Checked {
  readonly keys: readonly NamedKey[]
  version: number
  revokedBy: string | undefined
}

/** A key under which a token can be revoked. */
interface NamedKey {
  readonly key: string
  readonly claim: string
  /** Whether the revocation names this token, whenever it was issued. */
  readonly isOneToken: boolean
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
    const revokedBy = keys.find((key) => isRevoked(key, token))?.claim
    checked.set(token, { keys, version, revokedBy })
    return revokedBy
  }

  function isRevoked({ key, isOneToken }: NamedKey, { iat }: ValidatedToken): boolean {
    const before = index.revokedBefore(key)
    // `iat` has whole seconds in most tokens: a token of the same second may have been issued before. A token without
    // `iat` may be as old as any.
    return before !== undefined && (isOneToken || iat === undefined || iat * 1000 <= before)
  }
}

function keysOf({ issuer, subject, clientId, claims }: ValidatedToken, text: string): readonly NamedKey[] {
  const named = { jti: ownText(claims, 'jti'), sid: ownText(claims, 'sid'), sub: subject, client: clientId }
  const keys = Object.entries(named).flatMap(([name, value]) =>
    value === undefined || value === ''
      ? []
      : [
          {
            key: keyOf(name as keyof typeof named, issuer, value),
            claim: name === 'client' ? 'client_id' : name,
            isOneToken: name === 'jti',
          },
        ],
  )
  return [{ key: keyOfToken(text), claim: '', isOneToken: true }, ...keys]
}

/**
 * The key of a token by its text. Of a JWT only the signed part counts: anybody can write its signature in another way,
 * and the token stays valid.
 */
export function keyOfToken(text: string): string {
  const signed = parseJwt(text) === undefined ? text : text.slice(0, text.lastIndexOf('.'))
  return keyOf('token', '', hash('sha256', signed, 'base64url'))
}

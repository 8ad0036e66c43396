import type { JSONWebKeySet } from 'jose'
import type { JwtAccessToken, JwtClaims } from '../access-token.ts'
import type { JwtStore, Kept } from './jwt-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { verifySenderConstraint } from '../constraints/sender-constraint.ts'
import type { Outside } from '../http/shared-documents.ts'
import { createJwtAccessToken, type Grant, type JudgedClaims, toJudgedClaims } from '../judged-token.ts'
import { discoveredKeys } from '../keys/discovered-keys.ts'
import type { KeyOrigin } from '../keys/key-origin.ts'
import type { KeySet } from '../keys/key-set.ts'
import { type FetchedKeys, inlineKeys, type KeySource, sharedSecret } from '../keys/key-source.ts'
import { remoteKeys } from '../keys/remote-keys.ts'
import { seededKeys } from '../keys/seeded-keys.ts'
import { type Soon, whenThere } from '../soon.ts'
import { named } from '../responses/unavailable.ts'
import { type ClaimsPolicy, judgeAudience, judgeClaims, judgeTimes } from '../claims/validate-claims.ts'
import { verifyJwt } from './verify-signature.ts'
import type { ParsedJwt } from './parse-jwt.ts'
import type { TrustedIssuer } from '../issuers/trusted-issuer.ts'

/** What is remembered of a JWT: what in it never changes. */
export interface JwtVerdict extends JudgedClaims<JwtClaims>, Kept {
  /** Whose settings it was judged by. */
  readonly by: TrustedIssuer
  /** The identity of the key that its signature was verified with. */
  readonly key: string
  /** The last set of keys that this one was looked up in, and was there. */
  foundIn: KeySet | undefined
}

/** The JWTs of one issuer. */
export interface SignedTokens {
  /** Judges a JWT whole, and offers what never changes of it to be remembered. */
  readonly validate: (jwt: ParsedJwt) => Soon<JwtAccessToken>
  /** Whether a verdict counts: its issuer is trusted by the same settings, and its key is among the current ones, for which nobody has to wait. */
  readonly trusts: (verdict: JwtVerdict, now: number) => boolean
  /** Judges what changes with time: all but the signature and what it covers for good. */
  readonly judgeAgain: (verdict: JwtVerdict, token: string, now: number) => JwtAccessToken
}

export interface SignedTokensPolicy extends ClaimsPolicy, Grant {
  readonly by: TrustedIssuer
  readonly algorithms: readonly string[]
  readonly jwts: JwtStore<JwtVerdict>
  /** Stands for the validator. */
  readonly judge: object
}

export function createSignedTokens(keys: KeySource, policy: SignedTokensPolicy, clock: Clock): SignedTokens {
  const { by, issuer, algorithms, jwts, judge } = policy

  function validate(jwt: ParsedJwt): Soon<JwtAccessToken> {
    return whenThere(verifyJwt(jwt, keys, algorithms), (key) => accept(jwt, key), failed)
  }

  function failed(error: unknown): never {
    throw named(issuer, error)
  }

  function accept(jwt: ParsedJwt, key: string): JwtAccessToken {
    const judged = toJudgedClaims(policy, judgeClaims(jwt, policy, clock()))
    jwts.offer(jwt.token, ({ share, shareMembers, kept }) => {
      const claims = shareMembers(judged.claims)
      const common = toJudgedClaims(policy, claims.value)
      const [audience, scopes] = [share(common.audience), share(common.scopes)]
      const lists = { audience: audience.value, scopes: scopes.value }
      const own = claims.own + audience.own + scopes.own
      return { verdict: toVerdict({ ...common, ...lists, ...kept(), by, key, foundIn: undefined }), own }
    })
    return toToken(judged, jwt.token)
  }

  function judgeAgain(verdict: JwtVerdict, token: string, now: number): JwtAccessToken {
    judgeTimes(verdict, policy, now / 1000)
    judgeAudience(verdict.audience, policy.audience)
    return toToken(verdict, token)
  }

  function toToken(judged: JudgedClaims<JwtClaims>, token: string): JwtAccessToken {
    verifySenderConstraint({ cnf: judged.cnf })
    return createJwtAccessToken(judged, token, judge)
  }

  function trusts(verdict: JwtVerdict, now: number): boolean {
    const current = keys.atOnce(now)
    if (verdict.by !== by || current === undefined) {
      return false
    }
    // To look a key up in the same set once more would only wait for its memory.
    if (verdict.foundIn !== current && current.identities.has(verdict.key)) {
      verdict.foundIn = current
    }
    return verdict.foundIn === current
  }

  return { validate, trusts, judgeAgain }
}

/** Written out, so that V8 lays all of it in one place, what each request needs first. */
function toVerdict(all: JwtVerdict): JwtVerdict {
  const { digest, exp, nbf, iat, cnf, by, foundIn, issuer, subject, subjectType, clientId, audience } = all
  const { scopes, claims, key, held } = all
  // oxfmt-ignore
  return {
    digest, exp, nbf, iat, cnf, by, foundIn,
    issuer, subject, subjectType, clientId, audience, scopes, claims,
    key, held,
  }
}

export function keySourceOf(issuer: string, keys: KeyOrigin, outside: Outside): KeySource {
  switch (keys.from) {
    case 'metadata':
      return seeded(keys.seed, issuer, discoveredKeys(issuer, outside), outside)
    case 'url':
      return seeded(keys.seed, issuer, remoteKeys(keys.url, outside), outside)
    case 'inline':
      return inlineKeys(keys.jwks)
    case 'secret':
      return sharedSecret(keys.secret)
  }
}

function seeded(seed: JSONWebKeySet | undefined, issuer: string, source: FetchedKeys, outside: Outside): KeySource {
  return seed === undefined ? source : seededKeys(seed, issuer, source, outside)
}

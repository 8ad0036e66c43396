import type { AccessToken } from '../access-token.ts'
import type { JwtStore } from '../jwt/jwt-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { invalidRequest, Refusal } from '../responses/refusal.ts'
import { isLater, type Soon, whenThere, withFailures } from '../soon.ts'
import { firstVerdict } from './first-verdict.ts'
import type { Issuer } from './issuer.ts'
import { createRecognize } from './token-format.ts'
import type { Router } from './issuer-registry.ts'
import type { JwtVerdict } from '../jwt/jwt-validator.ts'

/** Tokens, put to the issuers who may know them. */
export interface TokenJudge {
  /** The token, judged: at once when its verdict is remembered. */
  readonly judge: (token: string) => Soon<AccessToken>
  /** Forgets what is remembered of a token. */
  readonly evict: (token: string) => Promise<void>
}

export function createTokenJudge(issuers: Router, jwts: JwtStore<JwtVerdict>, clock: Clock): TokenJudge {
  const recognize = createRecognize()

  /** Of a JWT that is remembered nothing is parsed or verified. All else is judged again. */
  function recall(token: string): AccessToken | undefined {
    const verdict = jwts.get(token)
    if (verdict !== undefined) {
      const issuer = issuers.find(verdict.issuer)
      const now = clock()
      if (issuer !== undefined && !isLater(issuer) && issuer.trusts(verdict, now)) {
        jwts.note('hit')
        return issuer.judgeAgain(verdict, token, now)
      }
    }
    jwts.note('miss')
    return undefined
  }

  function judgeAnew(token: string): Soon<AccessToken> {
    const presented = recognize(token)
    if (presented.form === 'opaque' || presented.jwt === undefined) {
      expectToken(token)
    }
    return whenThere(issuers.route(presented), (candidates) => firstVerdict(candidates, presented))
  }

  async function evict(token: string): Promise<void> {
    jwts.delete(token)
    const candidates = await withFailures(() => issuers.route(recognize(token)), noneIfRefused)
    await Promise.all(candidates.map((issuer) => issuer.evict(token)))
  }

  return { judge: (token) => (token.includes('.') ? recall(token) : undefined) ?? judgeAnew(token), evict }
}

/** The characters of RFC 6750 §2.1. A well-formed JWT has no others. */
function expectToken(token: string): void {
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    throw invalidRequest('malformed-credentials')
  }
}

/** Of a token of nobody who is trusted there is nothing to forget. */
function noneIfRefused(error: unknown): readonly Issuer[] {
  if (error instanceof Refusal) {
    return []
  }
  throw error
}

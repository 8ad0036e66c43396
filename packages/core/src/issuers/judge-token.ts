import type { AccessToken } from '../access-token.ts'
import type { JwtStore } from '../cache/jwt-store.ts'
import { invalidRequest, Refusal } from '../refusal.ts'
import { isLater, type Soon, whenThere, withFailures } from '../soon.ts'
import { firstVerdict } from './first-verdict.ts'
import type { Issuer } from './issuer.ts'
import { createRecognize } from './presented-token.ts'
import type { Router } from './router.ts'
import type { JwtVerdict } from './signed-tokens.ts'

/** Tokens, put to the issuers who may know them. */
export interface TokenJudge {
  /** The token, judged: at once when its verdict is remembered. */
  readonly judge: (token: string) => Soon<AccessToken>
  /** Forgets what is remembered of a token. */
  readonly evict: (token: string) => Promise<void>
}

export function createTokenJudge(issuers: Router, jwts: JwtStore<JwtVerdict>): TokenJudge {
  const recognize = createRecognize()

  function judge(token: string): Soon<AccessToken> {
    const key = jwts.keyOf(token)
    return (key === undefined ? undefined : recall(key, token)) ?? judgeAnew(token, key)
  }

  /** Of a JWT that is remembered nothing is parsed or verified. All else is judged again. */
  function recall(key: string, token: string): AccessToken | undefined {
    const verdict = jwts.get(key)
    const issuer = verdict && issuers.find(verdict.judged.issuer)
    const isKnown = verdict !== undefined && issuer !== undefined && !isLater(issuer) && issuer.trusts(verdict)
    jwts.note(isKnown ? 'hit' : 'miss')
    return isKnown ? issuer.judgeAgain(verdict, token) : undefined
  }

  function judgeAnew(token: string, key: string | undefined): Soon<AccessToken> {
    expectToken(token)
    const presented = recognize(token)
    return whenThere(issuers.route(presented), (candidates) => firstVerdict(candidates, presented, key))
  }

  async function evict(token: string): Promise<void> {
    const key = jwts.keyOf(token)
    if (key !== undefined) {
      jwts.delete(key)
    }
    const candidates = await withFailures(() => issuers.route(recognize(token)), noneIfRefused)
    await Promise.all(candidates.map((issuer) => issuer.evict(token)))
  }

  return { judge, evict }
}

/** The characters of RFC 6750 §2.1. What is remembered has them. */
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

import { claimsFault, validateClaims } from './claims/validate-claims.ts'
import type { Findings } from './diagnostics/findings.ts'
import { verifyGuard } from './guards/guard.ts'
import { validateInOrder } from './issuers/opaque-routing.ts'
import { parseToken } from './issuers/token-format.ts'
import { bearerTokenOf, type Credentials, extractCredentials, extractToken } from './request/credentials.ts'
import type { HttpRequest } from './request/http-request.ts'
import { Refusal } from './responses/refusal.ts'
import type { Pipeline, PipelineParts } from './pipeline.ts'
import { createAccessToken, withRawClaims } from './request-token.ts'
import type { ValidatedToken } from './validated-token.ts'

/** The six steps from the credentials of a request to an access token that the guards of its route accept. */
export function createPipeline<Claims>(parts: PipelineParts<Claims>): Pipeline<Claims> {
  const { issuers, confirmActive, applySchema, constraints, revocations, clock, owner } = parts
  async function validateToken(text: string, request: HttpRequest | undefined): Promise<ValidatedToken> {
    const parsed = parseToken(text)
    const candidates = await issuers.route(parsed, request) // 2
    return issuers.cachedBy(candidates, text, clock()) ?? (await validateInOrder(candidates, parsed)) // 3
  }

  async function validate(credentials: Credentials | undefined, seen: Findings, request?: HttpRequest) {
    seen.text = credentials?.token
    if (credentials === undefined) {
      return undefined
    }
    const { token: text, scheme } = credentials
    const token = issuers.cached(text, clock(), request) ?? (await validateToken(text, request))
    seen.genuine = token
    validateClaims(token, clock()) // 4
    const sender = await constraints.verify(token, { request, scheme, text, now: clock(), findings: seen }) // 5
    await revocations.verify(token, text)
    return await applySchema(createAccessToken(token, { raw: text, owner, sender }))
  }
  return {
    authenticate: async (request, seen) => validate(await extractCredentials(request, parts), seen, request), // 1
    validate: async (token, seen) => validate(extractToken(token), seen),
    async authorize(token, request, guard) {
      if (token === undefined) {
        throw new Refusal({ reason: 'no-credentials' })
      }
      const raw = withRawClaims(token, owner)
      const newer = await confirmActive(raw, request, guard.demands.activeWithin)
      await verifyGuard(guard, newer ?? raw, { request, now: clock() }) // 6
      return newer === undefined ? token : applySchema(newer)
    },
    authenticateKnown(request, guard) {
      const text = guard.checkNow === undefined ? undefined : bearerTokenOf(request)
      const known = text === undefined ? undefined : issuers.cached(text, clock(), request)
      const isValid = known !== undefined && claimsFault(known, clock()) === undefined && constraints.passes(known)
      const isUsable = isValid && text !== undefined && revocations.passes(known, text)
      const token = isUsable ? createAccessToken(known, { raw: text, owner }) : undefined
      return token !== undefined && guard.checkNow?.(token) === 'pass' ? token : undefined
    },
  }
}

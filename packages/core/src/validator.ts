import type { AccessToken } from './access-token.ts'
import type { ApplySchema } from './claims/claims-schema.ts'
import { claimsFault, validateClaims } from './claims/validate-claims.ts'
import type { SenderConstraints } from './constraints/sender-constraint.ts'
import type { Findings } from './diagnostics/findings.ts'
import { type Guard, verifyGuard } from './guards/guard.ts'
import type { ConfirmActive } from './issuers/confirm-active.ts'
import type { IssuerRegistry } from './issuers/issuer-registry.ts'
import { validateInOrder } from './issuers/opaque-routing.ts'
import { parseToken } from './issuers/token-format.ts'
import type { Clock } from './lib/clock.ts'
import {
  bearerTokenOf,
  type Credentials,
  type CredentialSettings,
  extractCredentials,
  extractToken,
} from './request/credentials.ts'
import type { HttpRequest } from './request/http-request.ts'
import { Refusal } from './responses/refusal.ts'
import type { RevocationCheck } from './revocation/verify-revocations.ts'
import { createAccessToken, type ValidatedToken, withRawClaims } from './validated-token.ts'

interface Parts<Claims> extends CredentialSettings {
  readonly issuers: IssuerRegistry
  readonly confirmActive: ConfirmActive
  readonly applySchema: ApplySchema<Claims>
  readonly constraints: SenderConstraints
  readonly revocations: RevocationCheck
  readonly clock: Clock
  /** Stands for the validator in the tokens that it creates. */
  readonly owner: object
}

/** The six steps from the credentials of a request to an access token that the guards of its route accept. */
export interface Pipeline<Claims, Token = AccessToken<Claims>> {
  /** Steps 1 to 5, for a request or for a token by itself. Resolves with `undefined` without credentials. */
  authenticate(request: HttpRequest, seen: Findings): Promise<Token | undefined>
  validate(token: unknown, seen: Findings): Promise<Token | undefined>
  /** Meets the demand `active`, which repeats steps 3 to 5 for a newer response. Then step 6. */
  authorize(token: Token | undefined, request: HttpRequest | undefined, guard: Guard): Promise<Token>
  /** The fast path, for a cached JWT. It may only accept: on `undefined` the request takes the full path. */
  authenticateKnown(request: HttpRequest, guard: Guard): AccessToken | undefined
}

export function createPipeline<Claims>(parts: Parts<Claims>): Pipeline<Claims> {
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

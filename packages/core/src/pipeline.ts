import type { AccessToken } from './access-token.ts'
import type { ApplySchema } from './claims/claims-schema.ts'
import type { SenderConstraints } from './constraints/sender-constraint.ts'
import type { Findings } from './diagnostics/findings.ts'
import type { Guard } from './guards/guard.ts'
import type { ConfirmActive } from './issuers/confirm-active.ts'
import type { IssuerRegistry } from './issuers/issuer-registry.ts'
import type { Clock } from './lib/clock.ts'
import type { CredentialSettings } from './request/credentials.ts'
import type { HttpRequest } from './request/http-request.ts'
import type { TokenOwner } from './request-token.ts'
import type { RevocationCheck } from './revocation/verify-revocations.ts'

/** What the steps of a validator need. */
export interface PipelineParts<Claims> extends CredentialSettings {
  readonly issuers: IssuerRegistry
  readonly confirmActive: ConfirmActive
  readonly applySchema: ApplySchema<Claims>
  readonly constraints: SenderConstraints
  readonly revocations: RevocationCheck
  readonly clock: Clock
  /** Stands for the validator in the tokens that it creates. */
  readonly owner: TokenOwner
}

/** The steps of a validator. `validator.ts` has them in their order. */
export interface Pipeline<Claims, Token = AccessToken<Claims>> {
  /** Steps 1 to 5, for a request or for a token by itself. Resolves with `undefined` without credentials. */
  authenticate(request: HttpRequest, findings: Findings): Promise<Token | undefined>
  validate(token: unknown, findings: Findings): Promise<Token | undefined>
  /** Meets the demand `active`, which repeats steps 3 to 5 for a newer response. Then step 6. */
  authorize(token: Token | undefined, request: HttpRequest | undefined, guard: Guard): Promise<Token>
  /** The fast path, for a cached JWT. It may only accept: on `undefined` the request takes the full path. */
  authenticateKnown(request: HttpRequest, guard: Guard): AccessToken | undefined
}

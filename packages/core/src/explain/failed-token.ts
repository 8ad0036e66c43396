import type { Findings } from '../diagnostics/findings.ts'
import { settingsOf, type TrustedIssuer } from '../issuers/trusted-issuer.ts'
import { parseJwt } from '../jwt/parse-jwt.ts'
import { own } from '../lib/record.ts'
import type { ValidatorSettings } from '../options.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { validatedOf } from '../request-token.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { Refusal } from '../responses/refusal.ts'

/** What a validator knows when a request ends with an error. */
export interface Circumstances {
  readonly request: HttpRequest | undefined
  readonly findings: Findings
  /** The scopes that the route demands. */
  readonly scopes: readonly string[]
  /** The types of authorization details that the route demands. */
  readonly authorizationDetails: readonly string[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The options of a validator that explanations mention. */
export type ExplainedSettings = Pick<
  ValidatorSettings,
  'audience' | 'issuers' | 'credentials' | 'formBody' | 'clockTolerance' | 'dpop' | 'mtls' | 'origins' | 'schemes'
>

/** A refused token, and the configuration that refused it. The causes read it. */
export interface FailedToken extends Circumstances {
  readonly refusal: Refusal
  readonly settings: ExplainedSettings
  readonly header: unknown
  /** The claims. Until `genuine` is known, a stranger may have made them up. Read them with `own`. */
  readonly claims: unknown
  readonly genuine: ValidatedToken | undefined
  /** The trusted issuers. Empty when `issuer` is a function. */
  readonly trusted: readonly TrustedIssuer[]
  /** The trusted issuer that `iss` names. */
  readonly issuer: TrustedIssuer | undefined
}

export function createFailedToken(
  refusal: Refusal,
  circumstances: Circumstances,
  settings: ExplainedSettings,
): FailedToken {
  const { findings } = circumstances
  const parsed = findings.text === undefined ? undefined : parseJwt(findings.text)
  const genuine = refusal.token === undefined ? findings.genuine : validatedOf(refusal.token)
  const claims = genuine?.claims ?? parsed?.claims
  const trusted = typeof settings.issuers === 'function' ? [] : settings.issuers
  const iss = genuine?.issuer ?? own(claims, 'iss')
  const issuer = trusted.find(({ url }) => url === iss)
  return { ...circumstances, refusal, settings, header: parsed?.header, claims, genuine, trusted, issuer }
}

/** Whether an issuer of this validator introspects opaque tokens. */
export function introspects({ trusted }: FailedToken): boolean {
  return trusted.some((one) => settingsOf(one).formats !== 'jwt')
}

/** The audiences that this API accepts from the issuer of the token. */
export function audiencesOf({ genuine, issuer, settings }: FailedToken): readonly string[] {
  return genuine?.policy.audience ?? (issuer && settingsOf(issuer).audience) ?? settings.audience
}

/** The JWS algorithms that the issuer may use. `undefined` for an issuer that is not listed. */
export function algorithmsOf({ issuer }: FailedToken): readonly string[] | undefined {
  return issuer && settingsOf(issuer).algorithms
}

/** A time claim in seconds. */
export function timeIn(claims: unknown, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = own(claims, name)
  return typeof value === 'number' ? value : undefined
}

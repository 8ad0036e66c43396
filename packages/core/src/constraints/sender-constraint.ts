import { isRecord, own } from '../lib/record.ts'
import type { AccessToken, Confirmation } from '../access-token.ts'
import type { Findings } from '../diagnostics/findings.ts'
import type { Scheme } from '../request/credentials.ts'
import type { HttpRequest } from '../request/http-request.ts'
import { nonceHeaders } from '../responses/challenge.ts'
import { invalidToken } from '../responses/refusal.ts'
import { anySender, type Sender } from '../request-token.ts'
import type { ValidatedToken } from '../validated-token.ts'
import type { VerifyDpop } from './dpop/verify-dpop.ts'
import type { MtlsSettings } from './mtls/mtls-options.ts'

/** The credentials of one request, whose sender must be the owner of the token. */
interface Presentation {
  /** `undefined` for a token by itself. */
  readonly request: HttpRequest | undefined
  readonly scheme: Scheme
  /** The token. */
  readonly text: string
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly findings: Findings
}

/** Step 5: the key or the certificate to which a token is bound (RFC 7800 §3). */
export interface SenderConstraints {
  /**
   * Verifies that the sender has them. Resolves with what it verified.
   *
   * @throws Refusal 401. Unavailable 503 `replay-store`.
   */
  readonly verify: (token: ValidatedToken, presentation: Presentation) => Promise<Sender>
  /** For the fast path: whether a token under Bearer needs no verification. */
  readonly passes: (token: ValidatedToken) => boolean
}

export function createSenderConstraints(dpop: VerifyDpop, mtls: MtlsSettings): SenderConstraints {
  return {
    verify: async (token, presentation) => {
      const { request } = presentation
      const binding = expectBinding(token)
      const hasBinding = binding.jkt !== undefined || binding.x5t !== undefined
      if (hasBinding && request === undefined) {
        throw invalidToken('sender-constrained', ['cnf'])
      }
      expectScheme(binding, presentation.scheme, dpop.mode)
      expectBound(token, binding, { dpop: dpop.mode, mtls: mtls.mode })
      if (!hasBinding || request === undefined) {
        return anySender
      }
      if (binding.x5t !== undefined && mtls.mode === 'off') {
        throw invalidToken('sender-constrained', ['cnf'])
      }
      if (binding.x5t !== undefined) {
        verifyCertificate(mtls, binding.x5t, request, presentation.now)
      }
      // The proof comes last, because it is used up.
      if (binding.jkt !== undefined) {
        await dpop.verify(binding.jkt, { ...presentation, request, issuer: token.issuer })
      }
      return { confirmation: confirmationOf(binding), responseHeaders: nonceHeaders(presentation.findings.nonce) }
    },
    passes: (token) =>
      !isBound(token) && token.policy.binding === 'optional' && dpop.mode !== 'required' && mtls.mode !== 'required',
  }
}

/** The members of `cnf` that are supported. */
interface Binding {
  /** The thumbprint of the key of DPoP proofs (RFC 9449 §6). */
  readonly jkt: string | undefined
  /** The thumbprint of the client certificate (RFC 8705 §3.1). */
  readonly x5t: string | undefined
}

const x5tName = 'x5t#S256'

/** Ignores other members of `cnf` beside a supported one (RFC 7800 §3.1). Refuses a `cnf` without a supported one. */
function expectBinding(token: ValidatedToken): Binding {
  const { cnf } = token
  const binding = { jkt: own(cnf, 'jkt'), x5t: own(cnf, x5tName) }
  const given = Object.values(binding).filter((value) => value !== undefined)
  const isMalformed = cnf !== undefined && (!isRecord(cnf) || given.length === 0)
  if (isMalformed || given.some((value) => typeof value !== 'string' || value === '')) {
    throw invalidToken('sender-constrained', ['cnf'])
  }
  if (binding.jkt === undefined && isDpopType(token)) {
    throw invalidToken('sender-constrained', ['token_type'])
  }
  return binding as Binding
}

/** The scheme and the binding agree both ways (RFC 9449 §7.1, §7.2). */
function expectScheme({ jkt }: Binding, scheme: Scheme, mode: VerifyDpop['mode']): void {
  if (scheme === 'DPoP' && jkt === undefined) {
    throw invalidToken('unbound-token')
  }
  if (scheme === 'Bearer' && jkt !== undefined) {
    throw invalidToken(mode === 'off' ? 'sender-constrained' : 'dpop-bound', ['cnf'])
  }
}

/** The configuration, or the profile of the issuer, can demand that a token is bound. */
function expectBound(
  { policy }: ValidatedToken,
  { jkt, x5t }: Binding,
  modes: Readonly<Record<'dpop' | 'mtls', VerifyDpop['mode']>>,
): void {
  const lacksKey = jkt === undefined && modes.dpop === 'required'
  const lacksCertificate = x5t === undefined && modes.mtls === 'required'
  const lacksBoth = jkt === undefined && x5t === undefined && policy.binding === 'required'
  if (lacksKey || lacksCertificate || lacksBoth) {
    throw invalidToken('unbound-token')
  }
}

function verifyCertificate(mtls: MtlsSettings, thumbprint: string, request: HttpRequest, now: number): void {
  const certificate = mtls.certificateOf(request, now)
  if (typeof certificate === 'string') {
    throw invalidToken(reasonOf[certificate])
  }
  if (certificate.thumbprint !== thumbprint) {
    throw invalidToken('wrong-certificate', ['cnf'])
  }
}

const reasonOf = {
  none: 'no-certificate',
  malformed: 'malformed-certificate',
  expired: 'expired-certificate',
} as const

function confirmationOf({ jkt, x5t }: Binding): Confirmation {
  return Object.freeze({
    ...(jkt === undefined ? {} : { jkt }),
    ...(x5t === undefined ? {} : { [x5tName]: x5t }),
  })
}

/**
 * Verifies that a newer introspection response states the binding that this request has verified. A response about a JWT
 * may omit `cnf`, because the JWT has it.
 *
 * @throws Refusal 401.
 */
export function verifySameBinding(
  newer: ValidatedToken,
  { kind, confirmation }: Pick<AccessToken, 'kind' | 'confirmation'>,
): void {
  if (kind === 'jwt' && newer.cnf === undefined && (confirmation !== undefined || !isDpopType(newer))) {
    return
  }
  const { jkt, x5t } = expectBinding(newer)
  if (jkt !== confirmation?.jkt || x5t !== confirmation?.[x5tName]) {
    throw invalidToken('sender-constrained', ['cnf'])
  }
}

/** Whether `cnf` or the introspected `token_type` says that the token is bound. */
function isBound(token: ValidatedToken): boolean {
  return token.cnf !== undefined || isDpopType(token)
}

function isDpopType({ kind, claims }: ValidatedToken): boolean {
  const type = kind === 'opaque' ? own(claims, 'token_type') : undefined
  return typeof type === 'string' && type.toLowerCase() === 'dpop'
}

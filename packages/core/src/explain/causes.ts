import { own } from '../lib/record.ts'
import type { refusalReasons } from '../responses/refusal-reasons.ts'
import { wrongAudience } from './audience-causes.ts'
import { missingAuthorizationDetails } from './authorization-details-causes.ts'
import { malformedClaim, missingClaim, revoked, wrongClaims, wrongTokenType } from './claim-causes.ts'
import {
  dpopBound,
  expiredCertificate,
  malformedCertificate,
  noCertificate,
  otherOwner,
  senderConstrained,
  unboundToken,
  wrongCertificate,
} from './binding-causes.ts'
import { crossOrigin } from './cookie-causes.ts'
import { noCredentials, repeatedCredentials, tokenTooLarge } from './credential-causes.ts'
import type { Cause, Step } from './explanation.ts'
import type { FailedToken } from './failed-token.ts'
import { byApplication, insufficientAuthentication, unexpectedOrganization, wrongOrganization } from './guard-causes.ts'
import { unknownPrefix, untrustedIssuer } from './issuer-causes.ts'
import { inactive } from './inactive-causes.ts'
import { malformedCredentials } from './malformed-credentials.ts'
import { malformedToken } from './malformed-token.ts'
import {
  malformedProof,
  noProof,
  proofAlgorithm,
  proofKey,
  proofMethod,
  proofNonce,
  proofSignature,
  proofTime,
  proofToken,
  proofUri,
  repeatedProof,
  replayedProof,
  wrongProofKey,
  wrongProofType,
} from './proof-causes.ts'
import { malformedMessage } from './message-causes.ts'
import { missingScope } from './scope-causes.ts'
import { algorithmNotAllowed, badSignature, criticalHeader, unknownKey } from './signature-causes.ts'
import { expired, lifetimeTooLong, tooEarly } from './time-causes.ts'

type Reason = (typeof refusalReasons)[number]
type FindCause = (token: FailedToken) => Cause

/** Every reason of the library has its step, and a function that finds the cause. */
const causes: Readonly<Record<Reason, readonly [Step, FindCause]>> = {
  'no-credentials': ['credentials', noCredentials],
  'malformed-credentials': ['credentials', malformedCredentials],
  'repeated-credentials': ['credentials', repeatedCredentials],
  'token-too-large': ['credentials', tokenTooLarge],
  'cross-origin': ['credentials', crossOrigin],
  'malformed-message': ['guards', malformedMessage],
  'malformed-token': ['issuer', malformedToken],
  'untrusted-issuer': ['issuer', untrustedIssuer],
  'unknown-prefix': ['issuer', unknownPrefix],
  'algorithm-not-allowed': ['signature', algorithmNotAllowed],
  'critical-header': ['signature', criticalHeader],
  'unknown-key': ['signature', unknownKey],
  'bad-signature': ['signature', badSignature],
  inactive: ['introspection', inactive],
  revoked: ['constraints', revoked],
  'other-owner': ['constraints', otherOwner],
  'wrong-token-type': ['claims', wrongTokenType],
  'missing-claim': ['claims', missingClaim],
  'malformed-claim': ['claims', malformedClaim],
  expired: ['claims', expired],
  'not-yet-valid': ['claims', tooEarly('nbf')],
  'issued-in-the-future': ['claims', tooEarly('iat')],
  'lifetime-too-long': ['claims', lifetimeTooLong],
  'wrong-audience': ['claims', wrongAudience],
  'missing-audience': ['claims', missingClaim],
  'wrong-claims': ['claims', wrongClaims],
  'sender-constrained': ['constraints', senderConstrained],
  'unbound-token': ['constraints', unboundToken],
  'dpop-bound': ['constraints', dpopBound],
  'no-proof': ['constraints', noProof],
  'repeated-proof': ['constraints', repeatedProof],
  'malformed-proof': ['constraints', malformedProof],
  'wrong-proof-type': ['constraints', wrongProofType],
  'wrong-proof-algorithm': ['constraints', proofAlgorithm],
  'malformed-proof-key': ['constraints', proofKey],
  'bad-proof-signature': ['constraints', proofSignature],
  'wrong-proof-method': ['constraints', proofMethod],
  'wrong-proof-uri': ['constraints', proofUri],
  'wrong-proof-time': ['constraints', proofTime],
  'wrong-proof-token': ['constraints', proofToken],
  'wrong-proof-key': ['constraints', wrongProofKey],
  'no-nonce': ['constraints', proofNonce],
  'wrong-nonce': ['constraints', proofNonce],
  'replayed-proof': ['constraints', replayedProof],
  'no-certificate': ['constraints', noCertificate],
  'malformed-certificate': ['constraints', malformedCertificate],
  'expired-certificate': ['constraints', expiredCertificate],
  'wrong-certificate': ['constraints', wrongCertificate],
  'insufficient-authentication': ['guards', insufficientAuthentication],
  'missing-scope': ['guards', missingScope],
  'missing-authorization-details': ['guards', missingAuthorizationDetails],
  'wrong-organization': ['guards', wrongOrganization],
  'unexpected-organization': ['guards', unexpectedOrganization],
}

/** The step that refused the token, and why. A reason that is not of the library comes from a guard. */
export function refusalCause(token: FailedToken): Cause & { readonly step: Step } {
  const known = own(causes, token.refusal.reason) as readonly [Step, FindCause] | undefined
  const [step, find] = known ?? (['guards', byApplication] as const)
  return { step: token.refusal.token === undefined ? step : 'guards', ...find(token) }
}

import '../require/expect-node.cjs'
/** The parts that adapters use. An application needs them only for a framework without an adapter. */
export type { ClaimsOf } from './access-token.ts'
export { isGuard } from './guards/guard.ts'
export { deferOrganization } from './guards/organization.ts'
export { describe, expectFunction, expectOneOf, expectOptions, invalidOption } from './lib/invalid-option.ts'
export { acceptMcp } from './mcp/accept.ts'
export { createMcpRoute } from './mcp/mcp-route.ts'
export { withExpiration } from './mcp/token-verifier.ts'
export {
  expectProtectOptions,
  type MiddlewareOptions,
  type ProtectSettings,
  type ProtectOptions,
  toFrameworkError,
} from './middleware/protect-options.ts'
export type { Authenticate, AuthResult } from './middleware/auth-result.ts'
export type { Framework } from './middleware/framework.ts'
export { createProtectFor, type OptionalProtect, type Protect } from './middleware/protect.ts'
export { protectByOf, setProtectBy } from './middleware/protect-by.ts'
export { createNodeMetadata, type NodeMiddleware, writeMetadata } from './middleware/node-metadata.ts'
export { noteProtection } from './middleware/protections.ts'
export { createExpectAtStart } from './middleware/expect-at-start.ts'
export { unawaitable, type Unawaitable } from './middleware/unawaitable.ts'
export { type Exemption, isSamePath } from './middleware/unless.ts'
export { createRequestAuth, type RequestAuth } from './middleware/request-auth.ts'
export type { WebSocket } from './middleware/early-messages.ts'
export type { Upgrade, UpgradeOptions } from './middleware/upgrade.ts'
export { isUrlEncodedForm, maxFormBytes, parseForm } from './request/form-body.ts'
export {
  type NodeHeaders,
  nodeHeaders,
  /** @deprecated The former name of `nodeHeaders`. */
  nodeHeaders as headerLinesOf,
} from './request/node-headers.ts'
export { type Peer, peerOf } from './request/peer.ts'
export { noteOpener } from './request/same-origin.ts'
export { createServerRequest, type ServerRequestInit } from './request/server-request.ts'
export { expressTrustsPeer, fastifyTrustsPeer } from './request/trusts-peer.ts'
export type { MetadataResponse } from './resource/metadata-response.ts'
export {
  type ErrorResponse,
  linesOf,
  toResponse,
  type ResponseWriter,
  writeErrorResponse,
  writeHeaders,
} from './responses/error-response.ts'
export { nodeWriter } from './responses/node-writer.ts'
// The command line shows foreign texts, and reads the documents of an issuer, as the validator does.
export { showDuration, showNames, showText, showTime, showWithoutQuotes } from './explain/show.ts'
export { parseJwt, type ParsedJwt } from './jwt/parse-jwt.ts'
export { asymmetricAlgorithms } from './keys/algorithms.ts'
export { type KeySet, readKeySet } from './keys/key-set.ts'
export { type JsonFault, parseDocument, type ParsedJson } from './lib/json.ts'
export { isLoopback } from './lib/loopback.ts'
export { isInMilliseconds } from './lib/numeric-date.ts'
export { hash } from './lib/recent-node.ts'
export { startPatientTimer } from './lib/patient-timer.ts'
export { isRecord, memberOf, own, ownText } from './lib/record.ts'
// A seal of a store checks its secrets as the core does.
export { expectSecrets, type Secrets } from './lib/secrets.ts'
export { wellKnownUrls } from './metadata/metadata.ts'
export { readEndpoint } from './metadata/metadata-document.ts'
// A log of revocations in a store checks the same options as the one in memory.
export { expectRevocationsOptions, revocationsOptionNames } from './revocation/revocations.ts'

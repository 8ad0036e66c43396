import '../require/expect-node.cjs'

/** The protection of MCP servers, for web requests. The adapters have a `/mcp` of their own. */
export { accessTokenOf, type AuthInfo, type McpExtra, toAuthInfo } from './mcp/auth-info.ts'
export { createMcpFetch, type McpHandler } from './mcp/mcp-fetch.ts'
export type { McpOptions } from './mcp/mcp-options.ts'
export {
  createTokenVerifier,
  type TokenVerifier,
  type TokenVerifierOptions,
  type VerifiedAuthInfo,
} from './mcp/token-verifier.ts'

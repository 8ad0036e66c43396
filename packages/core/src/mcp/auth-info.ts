import { inspect, type InspectOptions } from 'node:util'
import type { AccessToken, RawClaims } from '../access-token.ts'
import { isRecord, own } from '../lib/record.ts'
import { ownerOf } from '../request-token.ts'

/** A token as the MCP SDK passes it to the tools: the `AuthInfo` of `@modelcontextprotocol/sdk` 1 and of its version 2. */
export interface AuthInfo<Claims = RawClaims> {
  /** The token string. `JSON.stringify` and `util.inspect` do not show it. Do not send it to another API. */
  token: string
  /** `''` when the token names no client. */
  clientId: string
  scopes: string[]
  /** In seconds since the epoch. Absent for a token whose issuer states no expiration. */
  expiresAt?: number
  /** The identifier of the resource of the validator. Absent when the validator has none. */
  resource?: URL
  /** The URL of the metadata, for the challenges of the SDK. Absent when clients cannot get the metadata. */
  resourceMetadataUrl?: string
  /** The access token of this library, with its claims: `extra.auth.subject`. */
  extra: McpExtra<Claims>
}

// A type and no interface, because the SDK expects a record.
/** The members of `authInfo.extra`. */
export type McpExtra<Claims = RawClaims> = {
  auth: AccessToken<Claims>
}

/**
 * The token in the shape that the MCP SDK expects, version 1 and 2: for `req.auth`, and for `authInfo`. `resource` and
 * `resourceMetadataUrl` are those of the validator that validated the token.
 *
 * It does NOT validate anything. A copy of the result, such as `{ ...authInfo }`, shows its `token` in logs.
 *
 * @throws TypeError for an object that no validator created.
 */
export function toAuthInfo<Claims>(auth: AccessToken<Claims>): AuthInfo<Claims> {
  const { resource, resourceMetadataUrl } = ownerOf(auth)
  const { clientId = '', scopes, expiresAt } = auth
  const metadataUrl = resourceMetadataUrl?.()
  const info: AuthInfo<Claims> = {
    token: auth.raw(),
    clientId,
    scopes: [...scopes],
    ...(expiresAt === undefined ? {} : { expiresAt: Math.floor(expiresAt.getTime() / 1000) }),
    ...(resource === undefined ? {} : { resource: new URL(resource) }),
    ...(metadataUrl === undefined ? {} : { resourceMetadataUrl: metadataUrl }),
    extra: { auth },
  }
  const withoutToken = (): object => ({ ...info, token: undefined })
  return Object.defineProperties(info, {
    toJSON: { value: withoutToken },
    [inspect.custom]: { value: (_depth: number, options: InspectOptions) => inspect(withoutToken(), options) },
  })
}

/**
 * The access token of the `authInfo` that the SDK gives to a tool: `accessTokenOf(http?.authInfo)`, and in version 1
 * `accessTokenOf(authInfo)`. For claims with types, read `extra.auth` of `AuthInfo<Claims>` instead.
 *
 * @throws TypeError when the request of the tool did not pass this library.
 */
export function accessTokenOf(authInfo: unknown): AccessToken {
  const auth = own(own(authInfo, 'extra'), 'auth')
  if (!isRecord(auth)) {
    throw new TypeError('Expected the `authInfo` of a request that passed protectMcp(…), got none, or another one')
  }
  ownerOf(auth)
  return auth as unknown as AccessToken
}

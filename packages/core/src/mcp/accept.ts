import type { AccessToken } from '../access-token.ts'
import type { StreamConnection } from '../leases/end-stream.ts'
import { lease } from '../leases/lease.ts'
import { toAuthInfo } from './auth-info.ts'

/** An accepted request of a server of Node. */
export interface AcceptedRequest {
  /** `undefined` for a skipped preflight. */
  readonly auth: AccessToken<unknown> | undefined
  /** The request that the SDK gets, and its response. */
  readonly req: object
  readonly res: StreamConnection
  readonly isStream: boolean
}

/** Sets `req.auth`, which the transports of the SDK read. A stream ends with its token. */
export function acceptMcp({ auth, req, res, isStream }: AcceptedRequest): void {
  if (auth === undefined) {
    return
  }
  Object.assign(req, { auth: toAuthInfo(auth) })
  if (isStream) {
    lease(auth).bind(res)
  }
}

import type { AccessToken } from '@tollgate/core'

/** The maximum delay of a timer of Node, in milliseconds. */
const maxDelay = 2 ** 31 - 1

/** Calls `close` when the token expires. Returns a function that cancels the call. */
export function closeAtExpiry({ expiresAt }: AccessToken, close: () => void): () => void {
  if (expiresAt === undefined) {
    return () => undefined
  }
  const timer = setTimeout(close, Math.min(expiresAt.getTime() - Date.now(), maxDelay))
  return () => clearTimeout(timer)
}

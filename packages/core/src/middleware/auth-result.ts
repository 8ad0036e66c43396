import type { AccessToken } from '../access-token.ts'
import type { MetadataResponse } from '../resource/metadata-response.ts'
import type { ErrorResponse, Line } from '../responses/error-response.ts'

/**
 * The result of a request: it continues, it gets this response or the metadata, or the framework's error handling gets
 * this error.
 */
export type AuthResult<Claims> =
  | Continuation<Claims>
  | { readonly metadata: MetadataResponse; readonly response?: undefined; readonly error?: undefined }
  | { readonly response: ErrorResponse; readonly metadata?: undefined; readonly error?: undefined }
  | { readonly error: Error; readonly metadata?: undefined }

interface Continuation<Claims> {
  readonly token: AccessToken<Claims> | undefined
  /** Headers that the response needs. */
  readonly headers: readonly Line[]
  readonly metadata?: undefined
  readonly response?: undefined
  readonly error?: undefined
}

/** Authenticates a request under the guards of its route. It never rejects. */
export interface Authenticate<Request, Claims> {
  (request: Request): Promise<AuthResult<Claims>>
  /** The fast path: the token of a request that continues without waiting. `undefined` for every other request. */
  readonly known: (request: Request) => AccessToken<Claims> | undefined
}

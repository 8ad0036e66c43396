/** Why a published key is not used, as a stable id. */
export type PassedOverReason =
  | 'not-a-key'
  | 'private-material'
  | 'malformed-member'
  | 'member-too-long'
  | 'not-for-signatures'
  | 'unsupported-type'
  | 'unsupported-algorithm'
  | 'invalid-key'
  | 'rsa-size'
  | 'rsa-exponent'
  | 'another-issuer'
  | 'another-algorithm'
  | 'no-kid'
  | 'too-many-keys'

/**
 * A key that an issuer publishes, and that the validator does not use. It contains nothing of the key but its `kid`,
 * which is public.
 */
export interface PassedOverKey {
  /** At most 100 printable ASCII characters. Others are escaped. `undefined` for a key without `kid`. */
  readonly kid: string | undefined
  readonly reason: PassedOverReason
  /** A fixed sentence that names the member of the key, such as "`use` is `enc`". */
  readonly message: string
}

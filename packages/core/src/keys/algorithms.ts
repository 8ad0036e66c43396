/**
 * The asymmetric JWS algorithms that jose knows and this Node can verify (RFC 7518 §3, RFC 8037, RFC 9864, RFC 9964).
 */
export const asymmetricAlgorithms: readonly string[] = Object.freeze([
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  ...(hasMlDsa() ? ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] : []),
])

/** The HMAC algorithms, and the minimum length of their secret in bytes (RFC 7518 §3.2). */
export const symmetricAlgorithms: Readonly<Record<string, number>> = Object.freeze({ HS256: 32, HS384: 48, HS512: 64 })

/** Node got `supports` together with ML-DSA. A call of it would print a warning. */
function hasMlDsa(): boolean {
  return 'supports' in SubtleCrypto
}

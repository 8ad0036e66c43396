/** Node got `supports` together with ML-DSA. A call of it would print a warning. */
const hasMlDsa = 'supports' in SubtleCrypto

/** The asymmetric JWS algorithms of jose and of this Node, by the type and the curve of their keys. */
export const algorithmsByType: ReadonlyMap<string, readonly string[]> = new Map([
  ['RSA', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
  ['AKP', hasMlDsa ? ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] : []],
])

/** All of them (RFC 7518 §3, RFC 8037, RFC 9864, RFC 9964). */
export const asymmetricAlgorithms: readonly string[] = Object.freeze([...algorithmsByType.values()].flat())

/** The HMAC algorithms, and the minimum length of their secret in bytes (RFC 7518 §3.2). */
export const symmetricAlgorithms: Readonly<Record<string, number>> = Object.freeze({ HS256: 32, HS384: 48, HS512: 64 })

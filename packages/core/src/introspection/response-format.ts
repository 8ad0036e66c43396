import type { KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import { expectAlgorithms } from '../keys/expect-algorithms.ts'
import { minRsaBits } from '../keys/jwk.ts'
import { expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { ownMembers } from '../lib/record.ts'
import { importPrivateKey } from './client-authentication/assertion-key.ts'

/** How the issuer signs, and optionally encrypts, its introspection responses (RFC 9701 §6). */
export interface JwtResponse {
  /** The accepted JWS algorithms. Default: `['RS256']`, the default of the RFC. */
  readonly algorithms?: readonly string[] | undefined
  /**
   * The private key or keys of this API, as JWKs with an `alg` such as `RSA-OAEP-256` or `ECDH-ES`. With a key, only
   * encrypted responses are accepted.
   */
  readonly decryptionKeys?: JWK | readonly JWK[] | undefined
}

/** The response format that is requested. No other is accepted. */
export type ResponseFormat = { readonly as: 'json' } | JwtFormat

export interface JwtFormat {
  readonly as: 'jwt'
  readonly algorithms: readonly string[]
  readonly decryptionKeys: readonly DecryptionKey[]
}

export interface DecryptionKey {
  readonly key: KeyObject
  readonly algorithm: string
}

export function expectResponseFormat(format: unknown = 'json'): ResponseFormat {
  if (format === 'json') {
    return { as: 'json' }
  }
  if (typeof format === 'string' && format !== 'jwt') {
    throw invalidOption("Expected `response` to be 'json', 'jwt' or { algorithms, decryptionKeys }")
  }
  const known = ['algorithms', 'decryptionKeys']
  const options: JwtResponse = format === 'jwt' ? {} : (format as JwtResponse)
  const { algorithms = ['RS256'], decryptionKeys } = expectOptions(options, '`response`', known)
  const keys: readonly unknown[] = decryptionKeys === undefined ? [] : [decryptionKeys].flat()
  if (keys.length === 0 && decryptionKeys !== undefined) {
    throw invalidOption('Expected `decryptionKeys` to contain at least one key, got an empty array')
  }
  return { as: 'jwt', algorithms: expectAlgorithms({ algorithms }), decryptionKeys: keys.map(importDecryptionKey) }
}

const encryption = ['RSA-OAEP', 'RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512']
const agreement = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW']
const curves: ReadonlySet<unknown> = new Set(['P-256', 'P-384', 'P-521', 'X25519'])

function importDecryptionKey(given: unknown): DecryptionKey {
  const { kty, crv, alg } = ownMembers(given)
  const key = importPrivateKey(given)
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? minRsaBits
  const possible = kty === 'RSA' ? encryption : curves.has(crv) ? agreement : []
  const algorithm = possible.find((name) => name === alg)
  if (key === undefined || bits < minRsaBits || algorithm === undefined) {
    throw invalidOption(
      `Expected \`decryptionKeys\` to be private JWKs, each with an \`alg\` such as RSA-OAEP-256 or ECDH-ES, and RSA ones to have at least ${minRsaBits} bits`,
    )
  }
  return { key, algorithm }
}

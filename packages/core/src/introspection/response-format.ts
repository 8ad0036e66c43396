import type { JWK } from 'jose'
import { asymmetricAlgorithms } from '../keys/algorithms.ts'
import { describe, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { type DecryptionKey, importDecryptionKeys } from './decryption-key.ts'

/** How the issuer signs, and optionally encrypts, its introspection responses (RFC 9701 §6). */
export interface JwtResponse {
  /** The accepted JWS algorithms. Default: `['RS256']`, the default of the RFC. */
  readonly algorithms?: readonly string[] | undefined
  /**
   * The private key or keys of this API, as JWKs with an `alg` such as `RSA-OAEP-256` or `ECDH-ES`. With a key, only encrypted responses
   * are accepted.
   */
  readonly decryptionKeys?: JWK | readonly JWK[] | undefined
}

/** The response format that is requested. No other is accepted. */
export type ResponseFormat =
  | { readonly as: 'json' }
  | { readonly as: 'jwt'; readonly algorithms: readonly string[]; readonly decryptionKeys: readonly DecryptionKey[] }

export function expectResponseFormat(format: unknown = 'json'): ResponseFormat {
  if (format === 'json') {
    return { as: 'json' }
  }
  if (typeof format === 'string' && format !== 'jwt') {
    throw invalidOption("Expected `response` to be 'json', 'jwt' or { algorithms, decryptionKeys }")
  }
  const options: JwtResponse = format === 'jwt' ? {} : (format as JwtResponse)
  const { algorithms = ['RS256'], decryptionKeys } = expectOptions(options, '`response`', [
    'algorithms',
    'decryptionKeys',
  ])
  return {
    as: 'jwt',
    algorithms: expectAlgorithms(algorithms),
    decryptionKeys: decryptionKeys === undefined ? [] : importDecryptionKeys(decryptionKeys),
  }
}

function expectAlgorithms(algorithms: unknown): readonly string[] {
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw invalidOption(
      `Expected the \`algorithms\` of \`response\` to be an array of at least one, got ${describe(algorithms)}`,
    )
  }
  if (!algorithms.every((algorithm) => asymmetricAlgorithms.includes(algorithm as string))) {
    throw invalidOption(
      `Expected each of the \`algorithms\` of \`response\` to be one of ${asymmetricAlgorithms.join(', ')}`,
    )
  }
  return Object.freeze([...(algorithms as string[])])
}

import type { JWK } from 'jose'
import { describe, expectOptions, invalidOption } from '../lib/invalid-option.ts'
import { asymmetricAlgorithms } from '../keys/algorithms.ts'
import { importDecryptionKeys, type DecryptionKey } from './decryption-key.ts'

/** How the server signs, and perhaps encrypts, its answers to us (RFC 9701 §6). */
export interface JwtResponse {
  /** The JWS algorithms it may use. Default: `['RS256']`, as the RFC has it. */
  readonly algorithms?: readonly string[] | undefined
  /** Our private key or keys, as JWKs with an `alg` such as `RSA-OAEP-256` or `ECDH-ES`. With one, only encrypted answers are taken. */
  readonly decryptionKeys?: JWK | readonly JWK[] | undefined
}

/** The form that is asked for, and the only one that is taken. */
export type AnswerForm =
  | { readonly as: 'json' }
  | { readonly as: 'jwt'; readonly algorithms: readonly string[]; readonly decryptionKeys: readonly DecryptionKey[] }

export function expectAnswerForm(answers: unknown = 'json'): AnswerForm {
  if (answers === 'json') {
    return { as: 'json' }
  }
  if (typeof answers === 'string' && answers !== 'jwt') {
    throw invalidOption("Expected `response` to be 'json', 'jwt' or { algorithms, decryptionKeys }")
  }
  const options: JwtResponse = answers === 'jwt' ? {} : (answers as JwtResponse)
  expectOptions(options, '`response`', ['algorithms', 'decryptionKeys'])
  const { algorithms = ['RS256'], decryptionKeys } = options
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

import { describe, invalidOption } from '../lib/invalid-option.ts'
import { asymmetricAlgorithms, symmetricAlgorithms } from './algorithms.ts'

interface Algorithms {
  readonly algorithms?: readonly string[] | undefined
  readonly secret?: string | Uint8Array | undefined
}

/**
 * Checks the option `algorithms` of an issuer. Default: every asymmetric algorithm, or `HS256` with `secret`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'`.
 */
export function expectAlgorithms({ algorithms, secret }: Algorithms): readonly string[] {
  const possible = secret === undefined ? asymmetricAlgorithms : Object.keys(symmetricAlgorithms)
  if (algorithms === undefined) {
    return secret === undefined ? asymmetricAlgorithms : ['HS256']
  }
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw invalidOption(`Expected \`algorithms\` to be an array of at least one, got ${describe(algorithms)}`)
  }
  for (const algorithm of algorithms) {
    if (!possible.includes(algorithm)) {
      const hint = secret === undefined ? '; HMAC needs `secret`, and `none` is never accepted' : ''
      throw invalidOption(`Expected each of \`algorithms\` to be one of ${possible.join(', ')}${hint}`)
    }
  }
  return Object.freeze([...algorithms])
}

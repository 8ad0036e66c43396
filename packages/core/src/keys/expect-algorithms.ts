import { describe, invalidOption } from '../lib/invalid-option.ts'
import { asymmetricAlgorithms, symmetricAlgorithms } from './algorithms.ts'

/** Checks the option `algorithms` of an issuer. Default: every asymmetric algorithm, or `HS256` with `secret`. */
export function expectAlgorithms(options: { algorithms?: unknown; secret?: unknown }): readonly string[] {
  const isSecret = options.secret !== undefined
  const { algorithms = isSecret ? ['HS256'] : asymmetricAlgorithms } = options
  const possible = isSecret ? Object.keys(symmetricAlgorithms) : asymmetricAlgorithms
  if (!Array.isArray(algorithms) || algorithms.length === 0) {
    throw invalidOption(`Expected \`algorithms\` to be an array of at least one, got ${describe(algorithms)}`)
  }
  if (!algorithms.every((algorithm) => possible.includes(algorithm))) {
    const hint = isSecret ? '' : '; HMAC needs `secret`, and `none` is never accepted'
    throw invalidOption(`Expected each of \`algorithms\` to be one of ${possible.join(', ')}${hint}`)
  }
  return Object.freeze([...algorithms])
}

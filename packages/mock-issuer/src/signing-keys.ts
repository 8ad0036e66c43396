import { randomUUID } from 'node:crypto'
import { type CryptoKey, errors, exportJWK, generateKeyPair, type JWK } from 'jose'
import { expectOneOf, ownMembers } from './options.ts'

/** The options of `rotateKeys`. */
export interface RotationOptions {
  /** `'withdrawn'` removes all previous keys from the key set. Default: `'published'`. */
  readonly previous?: 'published' | 'withdrawn'
}

export interface SigningKey {
  readonly algorithm: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** The public key as the key set contains it. */
  readonly jwk: JWK
}

/** The keys of an issuer: one current key for each algorithm, and the previous keys. */
export interface SigningKeys {
  readonly published: () => readonly JWK[]
  /** Returns the key that signs. Throws a `TypeError` for an algorithm that the issuer does not have. */
  readonly current: (algorithm?: string) => SigningKey
  readonly rotate: (options?: RotationOptions) => Promise<void>
}

export async function createSigningKeys(algorithms: readonly [string, ...string[]]): Promise<SigningKeys> {
  let current = await Promise.all(algorithms.map(createSigningKey))
  let previousKeys: readonly SigningKey[] = []

  return {
    published: () => [...current, ...previousKeys].map(({ jwk }) => jwk),
    current: (algorithm = algorithms[0]) => {
      const key = current.find((candidate) => candidate.algorithm === algorithm)
      if (key === undefined) {
        throw new TypeError(
          `This mock issuer has no ${algorithm} key: createMockIssuer({ algorithms: ['${algorithm}'] })`,
        )
      }
      return key
    },
    rotate: async (options = {}) => {
      const { previous = 'published' } = ownMembers(options, 'the options of `rotateKeys`', ['previous'])
      expectOneOf(previous, '`previous`', ['published', 'withdrawn'])
      const next = await Promise.all(algorithms.map(createSigningKey))
      previousKeys = previous === 'published' ? [...current, ...previousKeys] : []
      current = next
    },
  }
}

export async function createSigningKey(algorithm: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true }).catch(rejectUnsupported)
  const kid = randomUUID()
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  return { algorithm, kid, privateKey, publicKey, jwk }
}

function rejectUnsupported(cause: unknown): never {
  if (cause instanceof errors.JOSENotSupported) {
    throw new TypeError("Expected `algorithms` to be signature algorithms with key pairs, such as ['ES256']", { cause })
  }
  throw cause
}

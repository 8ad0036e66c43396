import { randomUUID } from 'node:crypto'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'

export interface SigningKey {
  readonly algorithm: string
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  /** As it stands in the key set. */
  readonly jwk: JWK
}

/** The keys of an issuer: one that signs for each algorithm, and those that are published besides. */
export interface SigningKeys {
  readonly published: () => readonly JWK[]
  readonly current: (algorithm?: string) => SigningKey
  readonly rotate: (previous: 'published' | 'withdrawn') => Promise<void>
}

export async function createSigningKeys(algorithms: readonly [string, ...string[]]): Promise<SigningKeys> {
  let current = await Promise.all(algorithms.map(createSigningKey))
  let previous: readonly SigningKey[] = []

  return {
    published: () => [...current, ...previous].map(({ jwk }) => jwk),
    current: (algorithm = algorithms[0]) => {
      const key = current.find((candidate) => candidate.algorithm === algorithm)
      if (key === undefined) {
        throw new TypeError(
          `This mock issuer has no ${algorithm} key: createMockIssuer({ algorithms: ['${algorithm}'] })`,
        )
      }
      return key
    },
    rotate: async (fate) => {
      if (fate !== 'published' && fate !== 'withdrawn') {
        throw new TypeError("Expected `previous` to be 'published' or 'withdrawn'")
      }
      const next = await Promise.all(algorithms.map(createSigningKey))
      previous = fate === 'published' ? [...current, ...previous] : []
      current = next
    },
  }
}

export async function createSigningKey(algorithm: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  const kid = randomUUID()
  return {
    algorithm,
    kid,
    privateKey,
    publicKey,
    jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
  }
}

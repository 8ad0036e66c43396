import { createPrivateKey, KeyObject, type webcrypto } from 'node:crypto'
import { types } from 'node:util'
import type { CryptoKey } from 'jose'
import { asymmetricAlgorithms } from '../../keys/algorithms.ts'
import { minRsaBits } from '../../keys/jwk.ts'
import { describe, expectOneOf, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { isRecord, own, ownMembers } from '../../lib/record.ts'
import { undefinedIfError } from '../../lib/undefined-if-error.ts'

/** The key that signs assertions, and their header. */
export interface AssertionKey {
  readonly key: CryptoKey | KeyObject | Uint8Array
  readonly header: { readonly alg: string; readonly kid?: string }
}

/** Imports a private key in any of its forms. Throws at start-up, and not at the first token. */
export function expectAssertionKey(
  given: unknown,
  { algorithm, keyId }: { readonly algorithm?: string | undefined; readonly keyId?: string | undefined },
  name = 'privateKey',
): AssertionKey {
  const key = isKey(given) ? given : importPrivateKey(given)
  const algorithms = key === undefined ? [] : algorithmsOf(key)
  if (key === undefined || algorithms.length === 0) {
    throw invalidOption(
      `Expected \`${name}\` to be a private key that can sign: RSA of at least ${minRsaBits} bits, EC on P-256, P-384 or P-521, or Ed25519. It can be a JWK, a KeyObject, a CryptoKey or PEM text. Got ${describeMistake(given)}`,
    )
  }
  const [jwkAlgorithm, jwkId] = [own(given, 'alg'), own(given, 'kid')]
  const chosen = algorithm ?? (typeof jwkAlgorithm === 'string' ? jwkAlgorithm : algorithms[0])
  const alg = expectOneOf(chosen, 'algorithm', algorithms)
  const kid = keyId === undefined ? jwkId : expectText(keyId, 'keyId')
  return { key, header: typeof kid === 'string' ? { alg, kid } : { alg } }
}

function isKey(given: unknown): given is CryptoKey | KeyObject {
  return given instanceof CryptoKey || given instanceof KeyObject
}

/** Imports PEM or a JWK. `undefined` for anything else. */
export function importPrivateKey(given: unknown): KeyObject | undefined {
  if (typeof given === 'string' || types.isUint8Array(given)) {
    return undefinedIfError(() => createPrivateKey(Buffer.from(given)))
  }
  return isRecord(given)
    ? undefinedIfError(() => createPrivateKey({ key: ownMembers(given), format: 'jwk' }))
    : undefined
}

const mistakes = [
  ['ENCRYPTED', 'an encrypted one: decrypt it first, with createPrivateKey({ key, passphrase })'],
  ['PUBLIC KEY', 'a public key'],
  [String.raw`\n`, String.raw`PEM with a literal \n in place of its line breaks`],
  ['PRIVATE KEY', 'another private key'],
  ['', 'a string that is no PEM, such as the path of a file'],
] as const

function describeMistake(given: unknown): string {
  const text = typeof given === 'string' || types.isUint8Array(given) ? Buffer.from(given).toString() : ''
  const mistake = text === '' ? undefined : mistakes.find(([part]) => text.includes(part))?.[1]
  return mistake ?? (isKey(given) ? `another ${given.type} key` : describe(given))
}

const edwards = ['ed25519', 'Ed25519']

type KeyDetails = Partial<webcrypto.RsaHashedKeyAlgorithm & webcrypto.EcKeyAlgorithm>

/** The algorithms that a private key can sign with, the usual one first. A `CryptoKey` is made for one algorithm. */
function algorithmsOf(key: CryptoKey | KeyObject): readonly string[] {
  const isObject = key instanceof KeyObject
  const details = isObject ? { name: key.asymmetricKeyType, ...key.asymmetricKeyDetails } : key.algorithm
  const { name, namedCurve, hash, modulusLength = minRsaBits } = details as KeyDetails
  const bits = hash?.name.slice('SHA-'.length)
  const kinds: readonly (readonly [names: readonly unknown[], algorithms: readonly string[]])[] = [
    [['rsa'], ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    [['RSASSA-PKCS1-v1_5'], [`RS${bits}`]],
    [['RSA-PSS'], [`PS${bits}`]],
    [['prime256v1', 'P-256'], ['ES256']],
    [['secp384r1', 'P-384'], ['ES384']],
    [['secp521r1', 'P-521'], ['ES512']],
    [edwards, ['EdDSA', 'Ed25519']],
  ]
  const canSign = key.type === 'private' && (isObject || key.usages.includes('sign')) && modulusLength >= minRsaBits
  const [, algorithms = []] = kinds.find(([names]) => canSign && names.includes(namedCurve ?? name)) ?? []
  return algorithms.filter((algorithm) => asymmetricAlgorithms.includes(algorithm))
}

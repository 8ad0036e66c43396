import { constants, createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import type { JWK } from 'jose'

/** The content of a segment: bytes unchanged, text as UTF-8, other values as JSON. */
export type Part = Uint8Array | string | object | null

export interface KeyPair {
  readonly privateKey: KeyObject
  /** The public key as a JWK, without `kid` and `alg`. */
  readonly jwk: JWK
  readonly publicKey: KeyObject
}

export function keyPair(kind: 'P-256' | 'P-384' | 'P-521' | 'RSA' | 'RSA-1024' | 'Ed25519' | 'Ed448'): KeyPair {
  const { privateKey, publicKey } = generate(kind)
  return { privateKey, publicKey, jwk: publicKey.export({ format: 'jwk' }) as JWK }
}

function generate(kind: string): { privateKey: KeyObject; publicKey: KeyObject } {
  if (kind.startsWith('RSA')) {
    return generateKeyPairSync('rsa', { modulusLength: kind === 'RSA' ? 2048 : 1024 })
  }
  if (kind.startsWith('P-')) {
    return generateKeyPairSync('ec', { namedCurve: kind })
  }
  return kind === 'Ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
}

/** A compact JWS of any header and payload, valid or not. It is made with `node:crypto` and not with the libraries under test. */
export function jws(header: Part, payload: Part, key: KeyObject | Uint8Array, algorithm: string): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signature(input, key, algorithm).toString('base64url')}`
}

export function encode(part: Part): string {
  const bytes = part instanceof Uint8Array || typeof part === 'string' ? part : JSON.stringify(part)
  return Buffer.from(bytes).toString('base64url')
}

export function signature(input: string, key: KeyObject | Uint8Array, algorithm: string): Buffer {
  const hash = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('HS')) {
    return createHmac(hash, key).update(input).digest()
  }
  const privateKey = key as KeyObject
  if (algorithm.startsWith('ES')) {
    return signBytes(hash, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  }
  if (algorithm.startsWith('PS')) {
    const padding = constants.RSA_PKCS1_PSS_PADDING
    return signBytes(hash, Buffer.from(input), {
      key: privateKey,
      padding,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
  }
  return signBytes(algorithm.startsWith('RS') ? hash : null, Buffer.from(input), privateKey)
}

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { undefinedIfError } from '../lib/undefined-if-error.ts'
import { importPublicKey } from './jwk.ts'

/** One block of PEM text as a JWK, or the end of the sentence "Expected … to contain". */
export type PemBlock =
  | { readonly jwk: object; readonly expected: undefined }
  | { readonly jwk: undefined; readonly expected: string }

/** As long as the body of a key set. */
const maxTextLength = 512 * 1024
const begin = '-----BEGIN '

export function isPem(text: string): boolean {
  return text.includes(begin)
}

/**
 * Reads the public keys and the X.509 certificates in PEM text (RFC 7468), one after the other. Text between the blocks
 * is ignored. It does NOT check the validity period, the issuer or the purpose of a certificate: only its key counts.
 */
export function parsePem(text: string): readonly PemBlock[] {
  if (text.length > maxTextLength) {
    return [unreadable(`PEM text of at most ${maxTextLength} characters`)]
  }
  // `createPublicKey` derives a public key from a private one, so that a private one must be found before.
  if (/-----BEGIN [A-Z\d ]{0,40}PRIVATE KEY/.test(text)) {
    return [
      unreadable('public keys only, got a private key. Create the public key of it, and replace it if it was shared'),
    ]
  }
  if (text.includes('\\n')) {
    return [unreadable('PEM text with line breaks, got the characters \\ and n: replace them by line breaks')]
  }
  return text
    .split(begin)
    .slice(1)
    .map((block) => parseBlock(block))
}

/** A block begins with its label, as in `PUBLIC KEY-----`. */
function parseBlock(block: string): PemBlock {
  const [, label = '', body = ''] = /^([A-Z\d ]{1,40})-----([A-Za-z\d+/=\s]*)-----END \1-----/.exec(block) ?? []
  const read = readers.get(label)
  if (read === undefined) {
    return unreadable('PEM blocks `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`, each whole and from BEGIN to END')
  }
  const key = read(Buffer.from(body, 'base64'))
  // Some types of keys have no JWK.
  const jwk = key && undefinedIfError(() => key.export({ format: 'jwk' }))
  return jwk === undefined
    ? unreadable(`a supported key in each PEM block, got a \`${label}\` that cannot be read`)
    : { jwk, expected: undefined }
}

const readers: ReadonlyMap<string, (der: Buffer) => KeyObject | undefined> = new Map([
  ['PUBLIC KEY', (der: Buffer) => importPublicKey({ key: der, format: 'der', type: 'spki' })],
  ['RSA PUBLIC KEY', readRsaKey],
  ['CERTIFICATE', (der: Buffer) => undefinedIfError(() => new X509Certificate(der).publicKey)],
])

/** `createPublicKey` also accepts a private key here, which the label does not reveal. */
function readRsaKey(der: Buffer): KeyObject | undefined {
  const isPrivate = undefinedIfError(() => createPrivateKey({ key: der, format: 'der', type: 'pkcs1' })) !== undefined
  return isPrivate ? undefined : importPublicKey({ key: der, format: 'der', type: 'pkcs1' })
}

function unreadable(expected: string): PemBlock {
  return { jwk: undefined, expected }
}

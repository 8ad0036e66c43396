import { exportSPKI } from 'jose'
import {
  type Claims,
  currentSeconds,
  sign,
  signAccessToken,
  type TokenSource,
  withDefaultClaims,
} from './access-token.ts'
import { encodePart, encryptClaims } from './jwt-parts.ts'
import { expectOneOf } from './options.ts'
import { createSigningKey } from './signing-keys.ts'
import { textBytes } from './text-bytes.ts'

/** The names of all wrong tokens, for a loop in a test. */
export const wrongTokens = [
  'expired',
  'notYetValid',
  'withoutExpiry',
  'wrongAudience',
  'withoutAudience',
  'wrongIssuer',
  'senderConstrained',
  'idToken',
  'logoutToken',
  'criticalHeader',
  'unsigned',
  'withoutSignature',
  'tampered',
  'foreignKey',
  'unknownKey',
  'embeddedKey',
  'publicKeyAsSecret',
  'encrypted',
  'garbage',
] as const

/** The name of a wrong token. */
export type WrongToken = (typeof wrongTokens)[number]

type CreateToken = (source: TokenSource, claims: Claims) => Promise<string>

const creators: Readonly<Record<WrongToken, CreateToken>> = {
  expired: (source, claims) =>
    signAccessToken(source, { iat: currentSeconds(source) - 3900, ...claims, exp: currentSeconds(source) - 3600 }),
  notYetValid: (source, claims) => signAccessToken(source, { ...claims, nbf: currentSeconds(source) + 3600 }),
  withoutExpiry: (source, claims) => signAccessToken(source, { ...claims, exp: undefined }),
  wrongAudience: (source, claims) => signAccessToken(source, { ...claims, aud: 'https://another-api.example' }),
  withoutAudience: (source, claims) => signAccessToken(source, { ...claims, aud: undefined }),
  wrongIssuer: (source, claims) => signAccessToken(source, { ...claims, iss: 'https://stranger.example' }),
  senderConstrained: (source, claims) => signAccessToken(source, { ...claims, cnf: { jkt: 'a'.repeat(43) } }),
  idToken: (source, claims) => signAccessToken(source, { ...claims, nonce: 'n-1' }, { header: { typ: 'JWT' } }),
  logoutToken: (source, claims) => signAccessToken(source, claims, { header: { typ: 'logout+jwt' } }),
  criticalHeader: (source, claims) => signAccessToken(source, claims, { header: { crit: ['urgent'], urgent: true } }),
  unsigned: async (source, claims) =>
    `${encodePart({ alg: 'none', typ: 'at+jwt' })}.${encodePart(withDefaultClaims(source, claims))}.`,
  withoutSignature: async (source, claims) => (await signAccessToken(source, claims)).replace(/[^.]*$/, ''),
  tampered,
  foreignKey: (source, claims) => signWithForeignKey(source, claims, () => ({ kid: source.keys.current().kid })),
  unknownKey: (source, claims) => signWithForeignKey(source, claims, () => ({ kid: 'unknown' })),
  embeddedKey: (source, claims) => signWithForeignKey(source, claims, ({ kid, jwk }) => ({ kid, jwk })),
  publicKeyAsSecret,
  encrypted: (source, claims) => encryptClaims('at+jwt', withDefaultClaims(source, claims)),
  garbage: async () => 'not-a-token',
}

/** Creates a token that differs from a valid one in one fault. An API must refuse it with 401 `invalid_token`. */
export async function createWrongToken(source: TokenSource, name: WrongToken, claims: Claims): Promise<string> {
  expectOneOf(name, 'the name of a wrong token', wrongTokens)
  return creators[name](source, claims)
}

/** The signature of a valid token, with claims that it does not cover. */
async function tampered(source: TokenSource, claims: Claims): Promise<string> {
  const [header, , signature] = (await signAccessToken(source, claims)).split('.')
  return `${header}.${encodePart({ ...withDefaultClaims(source, claims), sub: 'mallory' })}.${signature}`
}

/** Signs with a new key that the issuer does not publish. */
async function signWithForeignKey(
  source: TokenSource,
  claims: Claims,
  headerOf: (key: Awaited<ReturnType<typeof createSigningKey>>) => Claims,
): Promise<string> {
  const key = await createSigningKey(source.keys.current().algorithm)
  const header = { alg: key.algorithm, typ: 'at+jwt', ...headerOf(key) }
  return sign(key.privateKey, header, withDefaultClaims(source, claims))
}

/** The algorithm confusion of RFC 8725 §2.1: an HMAC with the text of the public key as the secret. */
async function publicKeyAsSecret(source: TokenSource, claims: Claims): Promise<string> {
  const { kid, publicKey } = source.keys.current()
  const secret = textBytes(await exportSPKI(publicKey))
  return sign(secret, { alg: 'HS256', kid, typ: 'at+jwt' }, withDefaultClaims(source, claims))
}

import { CompactEncrypt, exportSPKI } from 'jose'
import { type Claims, defaultClaims, mintAccessToken, type Minting, sign } from './access-token.ts'
import { createSigningKey } from './signing-keys.ts'

/** The names of all wrong tokens, to loop over in a test. */
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

export type WrongToken = (typeof wrongTokens)[number]

type Mint = (minting: Minting, claims: Claims) => Promise<string>

/** Each differs from a good token in one thing, and an API must refuse it with 401 `invalid_token`. */
const mints: Readonly<Record<WrongToken, Mint>> = {
  expired: (minting, claims) => withClaims(minting, claims, { exp: seconds(minting) - 3600 }),
  notYetValid: (minting, claims) => withClaims(minting, claims, { nbf: seconds(minting) + 3600 }),
  withoutExpiry: (minting, claims) => withClaims(minting, claims, { exp: undefined }),
  wrongAudience: (minting, claims) => withClaims(minting, claims, { aud: 'https://another-api.example' }),
  withoutAudience: (minting, claims) => withClaims(minting, claims, { aud: undefined }),
  wrongIssuer: (minting, claims) => withClaims(minting, claims, { iss: 'https://stranger.example' }),
  senderConstrained: (minting, claims) => withClaims(minting, claims, { cnf: { jkt: 'a'.repeat(43) } }),
  idToken: (minting, claims) => mintAccessToken(minting, { ...claims, nonce: 'n-1' }, { header: { typ: 'JWT' } }),
  logoutToken: (minting, claims) => mintAccessToken(minting, claims, { header: { typ: 'logout+jwt' } }),
  criticalHeader: (minting, claims) => mintAccessToken(minting, claims, { header: { crit: ['urgent'], urgent: true } }),
  unsigned: async (minting, claims) => `${unsecured({ alg: 'none', typ: 'at+jwt' }, minting, claims)}.`,
  withoutSignature: async (minting, claims) => (await mintAccessToken(minting, claims, {})).replace(/[^.]*$/, ''),
  tampered: async (minting, claims) => tamper(await mintAccessToken(minting, claims, {}), minting, claims),
  foreignKey: (minting, claims) => bySomebodyElse(minting, claims, minting.keys.current().kid),
  unknownKey: (minting, claims) => bySomebodyElse(minting, claims, 'unknown'),
  embeddedKey: (minting, claims) => withEmbeddedKey(minting, claims),
  publicKeyAsSecret: (minting, claims) => withPublicKeyAsSecret(minting, claims),
  encrypted: (minting, claims) => encrypt(minting, claims),
  garbage: async () => 'not-a-token',
}

export async function mintWrongToken(minting: Minting, name: WrongToken, claims: Claims): Promise<string> {
  if (!Object.hasOwn(mints, name)) {
    throw new TypeError(`Expected one of the wrong tokens ${wrongTokens.join(', ')}`)
  }
  return mints[name](minting, claims)
}

function seconds({ clock }: Minting): number {
  return Math.floor(clock() / 1000)
}

function withClaims(minting: Minting, claims: Claims, wrong: Claims): Promise<string> {
  return mintAccessToken(minting, { ...claims, ...wrong }, {})
}

function encode(members: Claims): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url')
}

function unsecured(header: Claims, minting: Minting, claims: Claims): string {
  return `${encode(header)}.${encode({ ...defaultClaims(minting), ...claims })}`
}

/** The signature of a good token under claims that it does not cover. */
function tamper(token: string, minting: Minting, claims: Claims): string {
  const [header, , signature] = token.split('.')
  return `${header}.${encode({ ...defaultClaims(minting), ...claims, sub: 'mallory' })}.${signature}`
}

async function bySomebodyElse(minting: Minting, claims: Claims, kid: string): Promise<string> {
  const { algorithm } = minting.keys.current()
  const { privateKey } = await createSigningKey(algorithm)
  return sign(privateKey, { alg: algorithm, kid, typ: 'at+jwt' }, { ...defaultClaims(minting), ...claims })
}

async function withEmbeddedKey(minting: Minting, claims: Claims): Promise<string> {
  const { algorithm, kid, privateKey, jwk } = await createSigningKey(minting.keys.current().algorithm)
  return sign(privateKey, { alg: algorithm, kid, typ: 'at+jwt', jwk }, { ...defaultClaims(minting), ...claims })
}

async function withPublicKeyAsSecret(minting: Minting, claims: Claims): Promise<string> {
  const { kid, publicKey } = minting.keys.current()
  const secret = new TextEncoder().encode(await exportSPKI(publicKey))
  return sign(secret, { alg: 'HS256', kid, typ: 'at+jwt' }, { ...defaultClaims(minting), ...claims })
}

async function encrypt(minting: Minting, claims: Claims): Promise<string> {
  const plaintext = new TextEncoder().encode(JSON.stringify({ ...defaultClaims(minting), ...claims }))
  const key = crypto.getRandomValues(new Uint8Array(32))
  return new CompactEncrypt(plaintext).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: 'at+jwt' }).encrypt(key)
}

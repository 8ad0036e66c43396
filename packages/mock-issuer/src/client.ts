import { randomBytes } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'

/** The resource server, as the issuer knows it: what it may authenticate with when it asks about a token. */
export interface MockClientOptions {
  /** Default: `'api'`. */
  readonly id?: string
  /** Default: a random one, long enough for HS512. */
  readonly secret?: string
  /** Its public keys, for `private_key_jwt`. Default: none. */
  readonly keys?: JSONWebKeySet
  /** Whether an assertion is good more than once. Default: `'re-usable'`. */
  readonly assertions?: 're-usable' | 'once'
  /** Accepted as `Authorization: Bearer` in place of a client's authentication. Default: none. */
  readonly bearerToken?: string
}

export interface Client extends MockClientOptions {
  readonly id: string
  readonly secret: string
  readonly assertions: 're-usable' | 'once'
}

/** What verifies under the secret. */
export const secretAlgorithms: readonly string[] = ['HS256', 'HS384', 'HS512']

/** What verifies under the keys. */
export const keyAlgorithms: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'Ed25519',
  'EdDSA',
]

export function checkClient(options: MockClientOptions): Client {
  const { id = 'api', secret = newSecret(), keys, assertions = 're-usable', bearerToken, ...unknown } = options
  if (Object.keys(unknown).length > 0) {
    const names = 'id, secret, keys, assertions, bearerToken'
    throw new TypeError(`Unknown member \`${Object.keys(unknown).join()}\` of \`client\`; the members are ${names}`)
  }
  for (const [name, value] of Object.entries({ id, secret, ...(bearerToken === undefined ? {} : { bearerToken }) })) {
    if (typeof value !== 'string' || value === '') {
      throw new TypeError(`Expected \`client.${name}\` to be a string that is not empty`)
    }
  }
  if (keys !== undefined && !isPublicKeySet(keys)) {
    throw new TypeError('Expected `client.keys` to be a JWK Set of public keys, { keys: [...] }')
  }
  if (assertions !== 're-usable' && assertions !== 'once') {
    throw new TypeError("Expected `client.assertions` to be 're-usable' or 'once'")
  }
  return { ...options, id, secret, assertions }
}

/** The names of its methods in metadata: of the registry of client authentication, and of that of token types. */
export function methodsOf({ keys, bearerToken }: Client): readonly string[] {
  return [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    ...(keys === undefined ? [] : ['private_key_jwt']),
    ...(bearerToken === undefined ? [] : ['Bearer']),
  ]
}

export function signingAlgorithmsOf({ keys }: Client): readonly string[] {
  return [...secretAlgorithms, ...(keys === undefined ? [] : keyAlgorithms)]
}

function newSecret(): string {
  return randomBytes(64).toString('base64url')
}

function isPublicKeySet({ keys }: JSONWebKeySet): boolean {
  return Array.isArray(keys) && keys.every((key) => key.kty !== 'oct' && !('d' in key))
}

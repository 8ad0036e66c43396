import { randomBytes } from 'node:crypto'
import type { JSONWebKeySet } from 'jose'
import { expectOneOf, expectText, ownMembers } from './options.ts'

/** The resource server that may introspect tokens, and its credentials at the introspection endpoint. */
export interface MockClientOptions {
  /** Default: `'api'`. */
  readonly id?: string
  /** Default: a random string that is long enough for HS512. */
  readonly secret?: string
  /** The client's public keys, for `private_key_jwt`. Default: none, and the issuer refuses `private_key_jwt`. */
  readonly keys?: JSONWebKeySet
  /** `'once'` refuses a client assertion that comes again (RFC 7523 §3). Default: `'re-usable'`. */
  readonly assertions?: 're-usable' | 'once'
  /** A token that is accepted as `Authorization: Bearer` instead of client authentication. Default: none. */
  readonly bearerToken?: string
}

/** The options with their defaults. */
export interface Client extends MockClientOptions {
  readonly id: string
  readonly secret: string
  readonly assertions: 're-usable' | 'once'
}

/** The algorithms of `client_secret_jwt`. */
export const secretAlgorithms: readonly string[] = ['HS256', 'HS384', 'HS512']

/** The algorithms of `private_key_jwt`. */
export const keyAlgorithms: readonly string[] =
  'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 Ed25519 EdDSA'.split(' ')

export function expectClient(options: MockClientOptions): Client {
  const members = ownMembers(options, '`client`', ['id', 'secret', 'keys', 'assertions', 'bearerToken'])
  const { id = 'api', secret = randomSecret(), keys, assertions = 're-usable', bearerToken } = members
  expectText(id, 'client.id')
  expectText(secret, 'client.secret')
  if (bearerToken !== undefined) {
    expectText(bearerToken, 'client.bearerToken')
  }
  if (keys !== undefined && !isPublicKeySet(keys)) {
    throw new TypeError('Expected `client.keys` to be a JWK Set of public keys, { keys: [...] }')
  }
  expectOneOf(assertions, '`client.assertions`', ['re-usable', 'once'])
  return Object.assign(members, { id, secret, assertions })
}

/** The authentication methods for metadata (RFC 8414 §2). `Bearer` comes from the registry of token types. */
export function methodsOf({ keys, bearerToken }: Client): readonly string[] {
  return [
    'client_secret_basic',
    'client_secret_post',
    'client_secret_jwt',
    ...(keys === undefined ? [] : ['private_key_jwt']),
    ...(bearerToken === undefined ? [] : ['Bearer']),
  ]
}

/** The algorithms of client assertions for metadata (RFC 8414 §2). */
export function signingAlgorithmsOf({ keys }: Client): readonly string[] {
  return [...secretAlgorithms, ...(keys === undefined ? [] : keyAlgorithms)]
}

function randomSecret(): string {
  return randomBytes(64).toString('base64url')
}

function isPublicKeySet(value: JSONWebKeySet): boolean {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, 'keys')
  return isObject && Array.isArray(value.keys) && value.keys.every(isPublicKey)
}

/** `d` is the private part of every key type, and `k` is a secret (RFC 7518 §6). */
function isPublicKey(key: unknown): boolean {
  return typeof key === 'object' && key !== null && !Object.hasOwn(key, 'd') && !Object.hasOwn(key, 'k')
}

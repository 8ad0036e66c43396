import { type KeyObject, randomUUID } from 'node:crypto'
import { type CryptoKey, type JWK, SignJWT } from 'jose'
import { symmetricAlgorithms } from '../../keys/algorithms.ts'
import { expectOneOf, expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { type AssertionKey, expectAssertionKey } from './assertion-key.ts'
import {
  type Call,
  type ClientAuthentication,
  defineClientAuthentication,
  type Presented,
  presenting,
} from './client-authentication.ts'

/** The signature and the audience of an assertion (RFC 7523 §3). */
export interface AssertionOptions {
  /** The JWS algorithm. Default: the `alg` of a JWK, or the usual one for the kind of key; for a secret `HS256`. */
  readonly algorithm?: string | undefined
  /** The `aud` of the assertion: the issuer, its introspection endpoint, or another text that the server expects. Default: `'issuer'`. */
  readonly audience?: 'issuer' | 'introspection-endpoint' | (string & {}) | undefined
}

/** The options of an assertion with a private key. */
export interface PrivateKeyJwtOptions extends AssertionOptions {
  /** The `kid` under which the server knows the key. Default: the `kid` of a JWK. */
  readonly keyId?: string | undefined
}

/**
 * `private_key_jwt`: an assertion signed with the private key of this API (RFC 7523 §2.2, OpenID Connect Core §9). The key is a JWK, a
 * `KeyObject`, a `CryptoKey` or PEM.
 *
 * An assertion is valid for one minute and is reused for 45 s, because a signature for every call is expensive. If the server refuses a
 * reused assertion, the validator repeats the call with a new one, and signs a new one for every later call.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a value that is no private key, or does not fit the algorithm.
 */
export function privateKeyJwt(
  clientId: string,
  privateKey: CryptoKey | KeyObject | JWK | string | Uint8Array,
  options: PrivateKeyJwtOptions = {},
): ClientAuthentication {
  const checked = expectOptions(options, 'the options of privateKeyJwt', ['algorithm', 'audience', 'keyId'])
  return byAssertion('private_key_jwt', clientId, expectAssertionKey(privateKey, checked), checked.audience)
}

/**
 * `client_secret_jwt`: an assertion signed with the client secret by HMAC, so that the secret is not sent. It is reused as that of
 * `privateKeyJwt`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a secret that is shorter than the hash.
 */
export function clientSecretJwt(
  clientId: string,
  clientSecret: string,
  options: AssertionOptions = {},
): ClientAuthentication {
  const checked = expectOptions(options, 'the options of clientSecretJwt', ['algorithm', 'audience'])
  const { algorithm = 'HS256', audience } = checked
  expectOneOf(algorithm, 'algorithm', Object.keys(symmetricAlgorithms))
  const key = new TextEncoder().encode(expectText(clientSecret, 'clientSecret'))
  const minBytes = symmetricAlgorithms[algorithm] ?? 0
  if (key.length < minBytes) {
    throw invalidOption(
      `Expected \`clientSecret\` to have at least ${minBytes} bytes for ${algorithm}, got ${key.length}`,
    )
  }
  return byAssertion('client_secret_jwt', clientId, { key, algorithm, keyId: undefined }, audience)
}

/** Milliseconds. */
const validFor = 60_000
const reusedFor = 45_000
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function byAssertion(
  method: 'private_key_jwt' | 'client_secret_jwt',
  clientId: string,
  key: AssertionKey,
  audience = 'issuer',
): ClientAuthentication {
  expectText(clientId, 'clientId')
  expectText(audience, 'audience')
  const sign = createSigner(clientId, key, audience)

  async function presented(assertion: Promise<string>, reuse: Presented['reuse']): Promise<Presented> {
    const parameters = {
      client_id: clientId,
      client_assertion_type: assertionType,
      client_assertion: await assertion,
    }
    return { headers: {}, parameters, reuse }
  }

  return defineClientAuthentication({ method, clientId }, () => {
    let isReusable = true
    let current: { readonly assertion: Promise<string>; readonly call: Call; uses: number } | undefined

    return presenting(async (call) => {
      if (call.mustBeNew || !isReusable) {
        return presented(sign(call), undefined)
      }
      const shared =
        current !== undefined && servesFor(call, current.call) ? current : { assertion: sign(call), call, uses: 0 }
      current = shared
      shared.uses += 1
      const reuse = { hasHappened: () => shared.uses > 1, neverAgain: () => void (isReusable = false) }
      return presented(shared.assertion, reuse)
    })
  })
}

/** The claims of RFC 7523 §3. */
function createSigner(
  clientId: string,
  { key, algorithm, keyId }: AssertionKey,
  audience: string,
): (call: Call) => Promise<string> {
  const header = { alg: algorithm, ...(keyId === undefined ? {} : { kid: keyId }) }

  return async (call) => {
    const seconds = Math.floor(call.now / 1000)
    return new SignJWT({ jti: randomUUID() })
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audienceFor(call, audience))
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + validFor / 1000)
      .sign(key)
  }
}

function servesFor(call: Call, earlier: Call): boolean {
  const age = call.now - earlier.now
  return call.endpoint === earlier.endpoint && age >= 0 && age < reusedFor
}

function audienceFor({ issuer, endpoint }: Call, audience: string): string {
  const named: Readonly<Record<string, string>> = { issuer, 'introspection-endpoint': endpoint }
  return Object.hasOwn(named, audience) ? (named[audience] ?? audience) : audience
}

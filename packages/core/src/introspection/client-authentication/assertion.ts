import { type KeyObject, randomUUID } from 'node:crypto'
import { type CryptoKey, type JWK, SignJWT } from 'jose'
import { expectOneOf, expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { symmetricAlgorithms } from '../../keys/algorithms.ts'
import { type AssertionKey, expectAssertionKey } from './assertion-key.ts'
import {
  type Call,
  type ClientAuthentication,
  defineClientAuthentication,
  type Presented,
} from './client-authentication.ts'

/** What an assertion says, and how it is signed (RFC 7523 §3). */
export interface AssertionOptions {
  /** The JWS algorithm. Default: the `alg` of a JWK, else the usual one for the kind of key; for a secret `HS256`. */
  readonly algorithm?: string | undefined
  /**
   * Whom the assertion is meant for: the issuer's name, its introspection endpoint, or another text that the server wants
   * to see in `aud`. Default: `'issuer'`.
   */
  readonly audience?: 'issuer' | 'introspection-endpoint' | (string & {}) | undefined
}

/** The same, and by which key. */
export interface PrivateKeyJwtOptions extends AssertionOptions {
  /** The `kid` by which the server knows the key. Default: that of the JWK, if it has one. */
  readonly keyId?: string | undefined
}

/**
 * `private_key_jwt`: an assertion signed with our private key (RFC 7523 §2.2, OpenID Connect Core §9): a JWK, a `KeyObject`,
 * a `CryptoKey` or PEM.
 *
 * An assertion lives for a minute and is used again until a quarter of that is left, for a signature on every call is dear.
 * A server that takes each only once is noticed by its refusal, asked again with a new one, and from then on shown a new one
 * every time.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for what is no private key, or one that does not fit the algorithm.
 */
export function privateKeyJwt(
  clientId: string,
  privateKey: CryptoKey | KeyObject | JWK | string | Uint8Array,
  options: PrivateKeyJwtOptions = {},
): ClientAuthentication {
  expectOptions(options, 'the options of privateKeyJwt', ['algorithm', 'audience', 'keyId'])
  const key = expectAssertionKey(privateKey, options)
  return byAssertion('private_key_jwt', clientId, key, options)
}

/** `client_secret_jwt`: an assertion made with the client secret by HMAC, so that the secret itself stays here. As `privateKeyJwt` otherwise; throws for a secret that is shorter than the hash. */
export function clientSecretJwt(
  clientId: string,
  clientSecret: string,
  options: AssertionOptions = {},
): ClientAuthentication {
  expectOptions(options, 'the options of clientSecretJwt', ['algorithm', 'audience'])
  const { algorithm = 'HS256' } = options
  expectOneOf(algorithm, 'algorithm', Object.keys(symmetricAlgorithms))
  const key = new TextEncoder().encode(expectText(clientSecret, 'clientSecret'))
  const least = symmetricAlgorithms[algorithm] ?? 0
  if (key.length < least) {
    throw invalidOption(`Expected \`clientSecret\` to have at least ${least} bytes for ${algorithm}, got ${key.length}`)
  }
  return byAssertion('client_secret_jwt', clientId, { key, algorithm, keyId: undefined }, options)
}

const lifetime = 60_000
const leastLeft = 15_000
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function byAssertion(
  method: 'private_key_jwt' | 'client_secret_jwt',
  clientId: string,
  key: AssertionKey,
  { audience = 'issuer' }: AssertionOptions,
): ClientAuthentication {
  expectText(clientId, 'clientId')
  expectText(audience, 'audience')
  const sign = createSigner(clientId, key, audience)

  function presented(assertion: string): Presented {
    return {
      parameters: { client_id: clientId, client_assertion_type: assertionType, client_assertion: assertion },
    }
  }

  return defineClientAuthentication({ method, clientId }, () => {
    let isReusable = true
    let kept: { readonly assertion: Promise<string>; readonly call: Call; uses: number } | undefined

    async function present(call: Call): Promise<Presented> {
      if (call.mustBeNew || !isReusable) {
        return presented(await sign(call))
      }
      const shared = kept !== undefined && servesFor(call, kept.call) ? kept : { assertion: sign(call), call, uses: 0 }
      kept = shared
      shared.uses += 1
      const reuse = { hasHappened: () => shared.uses > 1, neverAgain: () => void (isReusable = false) }
      return { ...presented(await shared.assertion), reuse }
    }

    return { present }
  })
}

/** The claims of RFC 7523 §3. */
function createSigner(
  clientId: string,
  { key, algorithm, keyId }: AssertionKey,
  audience: string,
): (call: Call) => Promise<string> {
  const header = { alg: algorithm, ...(keyId === undefined ? {} : { kid: keyId }) }

  return (call) => {
    const seconds = Math.floor(call.now / 1000)
    return new SignJWT({ jti: randomUUID() })
      .setProtectedHeader(header)
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audienceFor(call, audience))
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + lifetime / 1000)
      .sign(key)
  }
}

function servesFor(call: Call, earlier: Call): boolean {
  const age = call.now - earlier.now
  return call.endpoint === earlier.endpoint && age >= 0 && age < lifetime - leastLeft
}

function audienceFor({ issuer, endpoint }: Call, audience: string): string {
  const named: Readonly<Record<string, string>> = { issuer, 'introspection-endpoint': endpoint }
  return Object.hasOwn(named, audience) ? (named[audience] ?? audience) : audience
}

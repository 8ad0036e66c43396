import { type KeyObject, randomUUID } from 'node:crypto'
import { type CryptoKey, type JWK, SignJWT } from 'jose'
import type { UpstreamResponse } from '../../http/send-request.ts'
import { symmetricAlgorithms } from '../../keys/algorithms.ts'
import { expectOneOf, expectOptions, expectText, invalidOption } from '../../lib/invalid-option.ts'
import { type AssertionKey, expectAssertionKey } from './assertion-key.ts'
import {
  type Call,
  type ClientAuthentication,
  defineClientAuthentication,
  type IntrospectionClient,
  type Presented,
  refusedBy,
} from './client-authentication.ts'

/** The signature and the audience of an assertion (RFC 7523 §3). */
export interface AssertionOptions {
  /** The JWS algorithm. Default: the `alg` of a JWK, or the usual one for the kind of key; for a secret `HS256`. */
  readonly algorithm?: string | undefined
  /** The `aud`: the issuer, its introspection endpoint, or another name of the server. Default: `'issuer'`. */
  readonly audience?: 'issuer' | 'introspection-endpoint' | (string & {}) | undefined
}

/** The options of an assertion with a private key. */
export interface PrivateKeyJwtOptions extends AssertionOptions {
  /** The `kid` under which the server knows the key. Default: the `kid` of a JWK. */
  readonly keyId?: string | undefined
}

/**
 * `private_key_jwt`: an assertion signed with the private key of this API (RFC 7523 §2.2, OpenID Connect Core §9). The
 * key is a JWK, a `KeyObject`, a `CryptoKey` or PEM.
 *
 * An assertion is valid for one minute and is reused for 45 s, because a signature for every call is expensive. If the
 * server refuses a reused assertion, the call is repeated with a new one. If it accepts that, no later one is reused.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a key that is not private, or does not fit `algorithm`.
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
 * `client_secret_jwt`: an assertion signed with the client secret by HMAC, so that the secret is not sent. It is reused
 * as that of `privateKeyJwt`.
 *
 * @throws TypeError with `code: 'ERR_INVALID_OPTION'` for a secret that is shorter than the hash.
 */
export function clientSecretJwt(
  clientId: string,
  clientSecret: string,
  options: AssertionOptions = {},
): ClientAuthentication {
  const checked = expectOptions(options, 'the options of clientSecretJwt', ['algorithm', 'audience'])
  const alg = expectOneOf(checked.algorithm ?? 'HS256', 'algorithm', Object.keys(symmetricAlgorithms))
  const key = new TextEncoder().encode(expectText(clientSecret, 'clientSecret'))
  const minBytes = symmetricAlgorithms[alg] ?? 0
  if (key.length < minBytes) {
    throw invalidOption(`Expected \`clientSecret\` to have at least ${minBytes} bytes for ${alg}, got ${key.length}`)
  }
  return byAssertion('client_secret_jwt', clientId, { key, header: { alg } }, checked.audience)
}

/** Seconds. */
const validFor = 60
const reusedFor = 45

function byAssertion(
  method: 'private_key_jwt' | 'client_secret_jwt',
  clientId: string,
  { key, header }: AssertionKey,
  audience = 'issuer',
): ClientAuthentication {
  expectText(clientId, 'clientId')
  expectText(audience, 'audience')

  /** The claims of RFC 7523 §3. */
  async function sign({ issuer, endpoint, now }: Call): Promise<Presented> {
    const aud = audience === 'issuer' ? issuer : audience === 'introspection-endpoint' ? endpoint : audience
    const iat = Math.floor(now / 1000)
    const claims = { jti: randomUUID(), iss: clientId, sub: clientId, aud, iat, exp: iat + validFor }
    const parameters = {
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT(claims).setProtectedHeader(header).sign(key),
    }
    return { headers: {}, parameters }
  }

  return defineClientAuthentication({ method, clientId }, () => {
    let isReusable = true
    let current: { readonly presented: Promise<Presented>; readonly call: Call; uses: number } | undefined

    const isRefused = (response: UpstreamResponse): boolean => refusedBy(response, method) === 'credentials'

    /** A server that accepts each assertion only once refuses a reused one. */
    const send: IntrospectionClient['send'] = async (call, post) => {
      const age = call.now - (current?.call.now ?? 0)
      const isCurrent = current?.call.endpoint === call.endpoint && age >= 0 && age < reusedFor * 1000
      if (!isReusable || current === undefined || !isCurrent) {
        current = { presented: sign(call), call, uses: 0 }
      }
      const shared = current
      shared.uses += 1
      const response = await post(await shared.presented)
      if (!isRefused(response) || shared.uses === 1) {
        return response
      }
      const again = await post(await sign(call))
      isReusable &&= isRefused(again)
      return again
    }

    return { send, identity: '', dispatcher: undefined }
  })
}

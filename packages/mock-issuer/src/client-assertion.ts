import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { type Client, keyAlgorithms, secretAlgorithms } from './client.ts'
import type { MockClock } from './clock.ts'
import { deleteOldest } from './newest-entries.ts'
import { textBytes } from './text-bytes.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

const maxSecondsUntilExpiry = 600

/**
 * Creates the check of client assertions: `client_secret_jwt` and `private_key_jwt` by RFC 7523 §3. The result is
 * whether the form contains a valid assertion of this client for one of the audiences.
 */
export function createAssertionCheck(
  client: Client,
  clock: MockClock,
  audiences: readonly string[],
): (form: URLSearchParams) => Promise<boolean> {
  const key = keyOf(client)
  const seenIds = new Set<string>()

  async function verify(assertion: string): Promise<boolean> {
    const currentDate = new Date(clock())
    const { payload } = await jwtVerify(assertion, key, {
      issuer: client.id,
      subject: client.id,
      audience: [...audiences],
      requiredClaims: ['exp', 'jti'],
      currentDate,
    })
    const { exp = Infinity, jti } = payload
    const isShort = exp - currentDate.getTime() / 1000 <= maxSecondsUntilExpiry
    return isShort && typeof jti === 'string' && jti !== '' && isUsable(jti)
  }

  function isUsable(jti: string): boolean {
    const usable = client.assertions === 're-usable' || !seenIds.has(jti)
    seenIds.add(jti)
    deleteOldest(seenIds)
    return usable
  }

  return async (form) => {
    const assertion = form.get('client_assertion')
    if (assertion === null || form.get('client_assertion_type') !== assertionType) {
      return false
    }
    return verify(assertion).catch(falseIfInvalid)
  }
}

/** The algorithm selects the secret or the keys. An HMAC can therefore never be verified with a public key. */
function keyOf({ secret, keys = { keys: [] } }: Client): JWTVerifyGetKey {
  const keySet = createLocalJWKSet(keys)
  return async (header, token) => {
    if (secretAlgorithms.includes(header.alg)) {
      return textBytes(secret)
    }
    if (keyAlgorithms.includes(header.alg)) {
      return keySet(header, token)
    }
    throw new errors.JOSEAlgNotAllowed('The client has no key for this algorithm')
  }
}

/** An error of jose means an invalid assertion. Any other error is a defect of this package. */
function falseIfInvalid(error: unknown): false {
  if (error instanceof errors.JOSEError) {
    return false
  }
  throw error
}

import { createLocalJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose'
import { type Client, keyAlgorithms, secretAlgorithms } from './client.ts'
import type { MockClock } from './clock.ts'
import { keepNewest } from './newest.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Seconds. */
const longestLife = 600

/** `client_secret_jwt` and `private_key_jwt` by RFC 7523 §3: whether the form holds an assertion of this client to these audiences. */
export function createAssertionCheck(
  client: Client,
  clock: MockClock,
  audiences: readonly string[],
): (form: URLSearchParams) => Promise<boolean> {
  const key = keyOf(client)
  const seen = new Set<string>()

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
    const isShort = exp - currentDate.getTime() / 1000 <= longestLife
    return isShort && typeof jti === 'string' && jti !== '' && isFirst(jti)
  }

  function isFirst(jti: string): boolean {
    const isNew = client.assertions === 're-usable' || !seen.has(jti)
    seen.add(jti)
    keepNewest(seen)
    return isNew
  }

  return async (form) => {
    const assertion = form.get('client_assertion')
    if (assertion === null || form.get('client_assertion_type') !== assertionType) {
      return false
    }
    return verify(assertion).catch(falseIfInvalid)
  }
}

/** The algorithm decides between the secret and the keys; each verifies what is its own, and nothing else. */
function keyOf({ secret, keys = { keys: [] } }: Client): JWTVerifyGetKey {
  const secretKey = new TextEncoder().encode(secret)
  const keySet = createLocalJWKSet(keys)
  return async (header, token) => {
    if (secretAlgorithms.includes(header.alg)) {
      return secretKey
    }
    if (keyAlgorithms.includes(header.alg)) {
      return keySet(header, token)
    }
    throw new errors.JOSEAlgNotAllowed('An algorithm that the client does not have')
  }
}

/** What is wrong with the assertion is no matter; what is wrong with this mock is. */
function falseIfInvalid(error: unknown): false {
  if (error instanceof errors.JOSEError) {
    return false
  }
  throw error
}

import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose'

/** The request as the API sees it. */
export interface Expected {
  readonly method: string
  readonly url: string
  readonly token: string
  /** The time in seconds. */
  readonly now: number
  /** The `cnf.jkt` of the token. */
  readonly thumbprint: string
}

type Members = Readonly<Record<string, unknown>>

const maxLength = 8192

/** Returns all checks of RFC 9449 §4.3 that a proof fails. The checks do not use the code of the package. */
export async function failedChecks(proof: string, expected: Expected): Promise<readonly string[]> {
  const parts = proof.split('.')
  const [header, claims] = parts.slice(0, 2).map(membersOf)
  if (proof.length > maxLength || parts.length !== 3 || header === undefined || claims === undefined) {
    return ['form']
  }
  const failed = [...failedHeaderChecks(header), ...failedClaimChecks(claims, expected)]
  const algorithm = String(header['alg'])
  if (!/^(ES|PS|RS|Ed)/.test(algorithm)) {
    return [...failed, 'algorithm']
  }
  const jwk = header['jwk'] as JWK | undefined
  const key = await importJWK(jwk as JWK, algorithm).catch(() => undefined)
  if (jwk === undefined || key === undefined || 'd' in jwk) {
    return [...failed, 'key']
  }
  const isGenuine = await compactVerify(proof, key, { crit: { urgent: true } }).then(
    () => true,
    () => false,
  )
  const isBound = (await calculateJwkThumbprint(jwk)) === expected.thumbprint
  return [...failed, ...(isGenuine ? [] : ['signature']), ...(isBound ? [] : ['binding'])]
}

function failedHeaderChecks(header: Members): readonly string[] {
  return [...(header['typ'] === 'dpop+jwt' ? [] : ['type']), ...('crit' in header ? ['critical'] : [])]
}

function failedClaimChecks(claims: Members, { method, url, token, now }: Expected): readonly string[] {
  const { jti, htm, htu, iat, ath }: Members = { jti: '', htm: '', htu: '', iat: '', ath: '', ...claims }
  const checks = {
    jti: typeof jti === 'string' && jti !== '',
    method: htm === method,
    url: htu === url,
    time: typeof iat === 'number' && iat > now - 61 && iat < now + 6,
    token: ath === createHash('sha256').update(token, 'ascii').digest('base64url'),
  }
  return Object.entries(checks).flatMap(([name, passes]) => (passes ? [] : [name]))
}

function membersOf(part: string): Members | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Members
  } catch {
    return undefined
  }
}

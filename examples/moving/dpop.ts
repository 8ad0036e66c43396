import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { issuer } from './issuers.ts'

/** The headers of a GET with a bound token and a proof of its key (RFC 9449). Without the option `dpop`, Tollgate refuses it. */
export async function dpopHeaders(url: string): Promise<Readonly<Record<string, string>>> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const bound = await issuer.accessToken({ scope: 'read:post', cnf: { jkt: await calculateJwkThumbprint(jwk) } })
  const ath = createHash('sha256').update(bound).digest('base64url')
  const proof = await new SignJWT({ htm: 'GET', htu: url, jti: randomUUID(), ath })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .setIssuedAt()
    .sign(privateKey)
  return { authorization: `DPoP ${bound}`, dpop: proof }
}

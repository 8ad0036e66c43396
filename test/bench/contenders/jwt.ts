import { createValidator } from '@tollgate/core'
import { auth } from 'express-oauth2-jwt-bearer'
import { createVerifier } from 'fast-jwt'
import getJwks from 'get-jwks'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import type { Setting } from '../world.ts'

/** Takes an `Authorization` header. Resolves for a token that it accepts, and rejects for any other. */
export type Verify = (authorization: string) => Promise<unknown>

/** Libraries that validate a JWT without a server. */
export const libraries: Readonly<Record<string, (setting: Setting) => Verify>> = {
  Tollgate({ issuer, audience }) {
    const validator = createValidator({ issuer, audience })
    return (header) => validator.authenticate({ method: 'GET', url: '/', headers: [['authorization', header]] })
  },

  jose({ issuer, jwksUri, audience }) {
    const keys = createRemoteJWKSet(new URL(jwksUri))
    return (header) => jwtVerify(tokenIn(header), keys, { issuer, audience, algorithms: ['RS256'] })
  },

  'express-oauth2-jwt-bearer'({ issuer, jwksUri, audience }) {
    const middleware = auth({ issuer, jwksUri, audience, tokenSigningAlg: 'RS256' })
    const rest = { method: 'GET', url: '/', query: {}, is: () => false, get: () => 'localhost' }
    return (authorization) =>
      new Promise<void>((resolve, reject) => {
        const next = (error?: unknown): void => (error instanceof Error ? reject(error) : resolve())
        void middleware({ ...rest, headers: { host: 'localhost', authorization } } as never, {} as never, next)
      })
  },

  'fast-jwt + get-jwks, cache on'({ issuer, audience }) {
    const jwks = getJwks({ issuersWhitelist: [issuer] })
    const key = async ({ header }: { readonly header: { readonly kid?: string } }): Promise<string> =>
      jwks.getPublicKey({ kid: header.kid ?? '', domain: issuer, alg: 'RS256' })
    const verify = createVerifier({ key, cache: true, allowedIss: issuer, allowedAud: audience, algorithms: ['RS256'] })
    return (header) => verify(tokenIn(header))
  },
}

export function tokenIn(header: string): string {
  return header.slice('Bearer '.length)
}

import type { FastifyJWTOptions } from '@fastify/jwt'
import getJwks from 'get-jwks'
import type { Setting } from '../../world/world.ts'

/** The options of @fastify/jwt with get-jwks, as its README has it; and what it leaves to the reader: issuer, audience, algorithms. */
export function withGetJwks({ issuer, audience, algorithm }: Setting, cache: boolean): FastifyJWTOptions {
  const keys = getJwks({ issuersWhitelist: [issuer] })
  return {
    decode: { complete: true },
    secret: (_request: unknown, token: unknown) => {
      const { header, payload } = token as Decoded
      return keys.getPublicKey({ kid: header.kid, domain: payload.iss, alg: header.alg })
    },
    verify: { algorithms: [algorithm], allowedIss: issuer, allowedAud: audience, cache },
  }
}

interface Decoded {
  readonly header: { readonly kid: string; readonly alg: string }
  readonly payload: { readonly iss: string }
}

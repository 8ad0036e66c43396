import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { JWK } from 'jose'
import type { Setting } from '../../world/world.ts'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** Verification by node:crypto at once, and the least of what is to be checked. RS256 only. */
export const contender: HttpContender = {
  name: 'Express 5 + node:crypto by hand',
  framework: 'Express',
  role: 'floor',
  module: import.meta.url,
  async start({ jwksUri, ...expected }) {
    const { keys } = (await (await fetch(jwksUri)).json()) as { readonly keys: readonly JWK[] }
    const keyOf = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]))
    return serveExpress((request, response, next) => {
      const claims = verified(request.headers.authorization ?? '', keyOf, expected)
      if (claims === undefined) {
        response.sendStatus(401)
      } else {
        Object.assign(request, { auth: claims })
        next()
      }
    })
  },
}

function verified(
  authorization: string,
  keyOf: ReadonlyMap<unknown, KeyObject>,
  { issuer, audience, algorithm }: Omit<Setting, 'jwksUri'>,
): unknown {
  const [header = '', payload = '', signature = ''] = authorization.slice('Bearer '.length).split('.')
  const { alg, kid } = decoded(header)
  const key = keyOf.get(kid)
  if (alg !== algorithm || key === undefined) {
    return undefined
  }
  const signed = Buffer.from(`${header}.${payload}`)
  if (!verify('sha256', signed, key, Buffer.from(signature, 'base64url'))) {
    return undefined
  }
  const claims = decoded(payload)
  const isGood = claims['iss'] === issuer && claims['aud'] === audience && Number(claims['exp']) > Date.now() / 1000
  return isGood ? claims : undefined
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>
}

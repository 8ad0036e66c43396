import type { Server } from 'node:http'
import type { FastifyJWTOptions } from '@fastify/jwt'
import { fastify, type FastifyInstance, type RouteShorthandOptions } from 'fastify'
import type { Setting } from '../world.ts'

type Protect = (app: FastifyInstance, setting: Setting) => Promise<RouteShorthandOptions>

/** The route options of each contender, as its README shows them. Only the measured contender is imported. */
const routes: Readonly<Record<string, Protect>> = {
  bare: async () => ({}),

  async Tollgate(app, { issuer, audience }) {
    const { tollgate } = await import('@tollgate/fastify')
    await app.register(tollgate, { issuer, audience })
    return { onRequest: app.protect() }
  },

  '@fastify/jwt + get-jwks': (app, setting) => fastifyJwt(app, setting, false),

  // The cache of fast-jwt is off by default. It has 1,000 entries.
  '@fastify/jwt + get-jwks, cache on': (app, setting) => fastifyJwt(app, setting, true),

  async 'fastify-jwt-jwks'(app, { issuer, jwksUri, audience }) {
    const { fastifyJwtJwks } = await import('fastify-jwt-jwks')
    await app.register(fastifyJwtJwks, { jwksUrl: jwksUri, issuer, audience })
    return { onRequest: app.authenticate }
  },
}

export const names: readonly string[] = Object.keys(routes)

/** Starts the server of a contender on a free port of 127.0.0.1. */
export async function start(name: string, setting: Setting): Promise<Server> {
  const app = fastify()
  app.get('/', (await routes[name]?.(app, setting)) ?? {}, async () => ({ ok: true }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app.server
}

async function fastifyJwt(
  app: FastifyInstance,
  { issuer, audience }: Setting,
  cache: boolean,
): Promise<RouteShorthandOptions> {
  const { default: jwt } = await import('@fastify/jwt')
  const { default: getJwks } = await import('get-jwks')
  const keys = getJwks({ issuersWhitelist: [issuer] })
  const options: FastifyJWTOptions = {
    decode: { complete: true },
    secret: (_request: unknown, token: unknown) => {
      const { header, payload } = token as { header: { kid: string; alg: string }; payload: { iss: string } }
      return keys.getPublicKey({ kid: header.kid, domain: payload.iss, alg: header.alg })
    },
    verify: { algorithms: ['RS256'], allowedIss: issuer, allowedAud: audience, cache },
  }
  await app.register(jwt, options)
  return { onRequest: async (request) => void (await request.jwtVerify()) }
}

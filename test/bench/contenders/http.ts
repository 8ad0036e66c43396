import type { HttpContender } from './http/contender.ts'
import { contender as expressBare } from './http/express-bare.ts'
import { contender as expressCrypto } from './http/express-crypto.ts'
import { contender as expressJose } from './http/express-jose.ts'
import { contender as expressJwt } from './http/express-jwt.ts'
import { contender as expressOauth2JwtBearer } from './http/express-oauth2-jwt-bearer.ts'
import { contender as expressPassportJwt } from './http/express-passport-jwt.ts'
import { contender as expressSha256 } from './http/express-sha-256.ts'
import { contender as expressTollgate } from './http/express-tollgate.ts'
import { contender as fastifyBare } from './http/fastify-bare.ts'
import { contender as fastifyJwtCached } from './http/fastify-jwt-cached.ts'
import { contender as fastifyJwtJwks } from './http/fastify-jwt-jwks.ts'
import { contender as fastifyJwt } from './http/fastify-jwt.ts'
import { contender as fastifyTollgate } from './http/fastify-tollgate.ts'
import { contender as koaBare } from './http/koa-bare.ts'
import { contender as koaJwt } from './http/koa-jwt.ts'
import { contender as koaTollgate } from './http/koa-tollgate.ts'

/** All that are measured through HTTP: of each framework first the bare one, then ours. */
export const httpContenders: readonly HttpContender[] = [
  expressBare,
  expressSha256,
  expressTollgate,
  expressOauth2JwtBearer,
  expressJwt,
  expressPassportJwt,
  expressJose,
  expressCrypto,
  koaBare,
  koaTollgate,
  koaJwt,
  fastifyBare,
  fastifyTollgate,
  fastifyJwt,
  fastifyJwtCached,
  fastifyJwtJwks,
]

/** The best known of each framework, and the fastest, for what takes too long to ask of all. */
export const bestKnownPeers: readonly HttpContender[] = [expressOauth2JwtBearer, expressJose, koaJwt, fastifyJwtCached]

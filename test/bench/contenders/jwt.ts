import { contender as awsJwtVerify } from './jwt/aws-jwt-verify.ts'
import type { JwtContender } from './jwt/contender.ts'
import { contender as expressJwt } from './jwt/express-jwt.ts'
import { contender as expressOauth2JwtBearer } from './jwt/express-oauth2-jwt-bearer.ts'
import { contender as fastJwtCached } from './jwt/fast-jwt-cached.ts'
import { contender as fastJwt } from './jwt/fast-jwt.ts'
import { contender as jose } from './jwt/jose.ts'
import { contender as jsonwebtoken } from './jwt/jsonwebtoken.ts'
import { contender as koaJwt } from './jwt/koa-jwt.ts'
import { contender as noWork } from './jwt/no-work.ts'
import { contender as nodeCrypto } from './jwt/node-crypto.ts'
import { contender as passportJwt } from './jwt/passport-jwt.ts'
import { contender as sha256 } from './jwt/sha-256.ts'
import { contender as tollgateRememberingNothing } from './jwt/tollgate-remembering-nothing.ts'
import { contender as tollgate } from './jwt/tollgate.ts'
import { contender as webCrypto } from './jwt/web-crypto.ts'

/** All who judge JWTs without a server. */
export const jwtContenders: readonly JwtContender[] = [
  noWork,
  sha256,
  nodeCrypto,
  webCrypto,
  tollgate,
  tollgateRememberingNothing,
  jose,
  fastJwt,
  fastJwtCached,
  awsJwtVerify,
  jsonwebtoken,
  expressOauth2JwtBearer,
  expressJwt,
  koaJwt,
  passportJwt,
]

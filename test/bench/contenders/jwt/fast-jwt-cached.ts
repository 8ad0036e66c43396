import type { JwtContender } from './contender.ts'
import { startFastJwt } from './fast-jwt.ts'

/** The same with its cache, which is off by default. */
export const contender: JwtContender = {
  name: 'fast-jwt, cache on',
  algorithms: ['RS256', 'ES256', 'PS256'],
  role: 'peer',
  module: import.meta.url,
  start: async (setting) => startFastJwt(setting, true),
}

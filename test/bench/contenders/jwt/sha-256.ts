import { hash } from 'node:crypto'
import { algorithms } from '../../world/world.ts'
import { type JwtContender, tokenIn } from './contender.ts'

/** What it costs at the least to know a token again without keeping it. */
export const contender: JwtContender = {
  name: 'SHA-256 of the token',
  algorithms,
  role: 'idle',
  module: import.meta.url,
  start: async () => (authorization) => hash('sha256', tokenIn(authorization), 'latin1'),
}

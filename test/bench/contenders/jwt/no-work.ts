import { algorithms } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'

/** What the bench itself costs: a string and a request for each token. */
export const contender: JwtContender = {
  name: 'no work',
  algorithms,
  role: 'idle',
  module: import.meta.url,
  start: async () => (authorization) => ({ method: 'GET', url: '/', headers: [['authorization', authorization]] }),
}

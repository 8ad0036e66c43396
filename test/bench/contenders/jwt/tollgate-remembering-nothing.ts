import { algorithms } from '../../world/world.ts'
import type { JwtContender } from './contender.ts'
import { startTollgate } from './tollgate.ts'

/** Ours, when every token is to be verified every time. */
export const contender: JwtContender = {
  name: 'tollgate, remembering nothing',
  algorithms,
  role: 'tollgate',
  module: import.meta.url,
  start: startTollgate('nothing'),
}

import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** What Express does when nobody stands at the gate. */
export const contender: HttpContender = {
  name: 'Express 5 bare',
  framework: 'Express',
  role: 'bare',
  module: import.meta.url,
  start: () => serveExpress(),
}

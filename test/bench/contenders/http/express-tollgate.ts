import { createProtect, trustedIssuer } from '@tollgate/express'
import type { HttpContender } from './contender.ts'
import { serveExpress } from './express.ts'

/** Ours. */
export const contender: HttpContender = {
  name: 'Express 5 + Tollgate',
  framework: 'Express',
  role: 'tollgate',
  module: import.meta.url,
  start({ issuer, audience, algorithm }) {
    const protect = createProtect({ issuer: trustedIssuer(issuer, { algorithms: [algorithm] }), audience })
    return serveExpress(protect())
  },
}

import { createProtect, trustedIssuer } from '@tollgate/koa'
import type { HttpContender } from './contender.ts'
import { serveKoa } from './koa.ts'

/** Ours. */
export const contender: HttpContender = {
  name: 'Koa 3 + Tollgate',
  framework: 'Koa',
  role: 'tollgate',
  module: import.meta.url,
  start({ issuer, audience, algorithm }) {
    const protect = createProtect({ issuer: trustedIssuer(issuer, { algorithms: [algorithm] }), audience })
    return serveKoa(protect())
  },
}

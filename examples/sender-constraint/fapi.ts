import { createProtect, memoryRevocations, type ProtectOptions, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'

type Options = Pick<ProtectOptions, 'audience' | 'dispatcher'>

/** An API of FAPI 2.0: every token is bound to a key or to a certificate. */
export function createApp(issuer: string, options: Options): Express {
  const protect = createProtect({
    ...options,
    issuer: trustedIssuer(issuer, { profile: 'fapi2' }),
    dpop: { mode: 'accepted', nonces: 'required' },
    mtls: { mode: 'accepted' },
    revocations: memoryRevocations(),
  })
  const app = express()
  app.get('/accounts', protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}

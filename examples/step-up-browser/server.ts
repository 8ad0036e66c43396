import { createProtect, type ProtectOptions, scopes, stepUp } from '@tollgate/express'
import cors from 'cors'
import express, { type Express, type Request } from 'express'

/** An API for the page of another origin. It demands a better sign-in for some routes. */
export function createApi(options: ProtectOptions, pageOrigin: string): Express {
  const protect = createProtect(options)
  const describe = (req: Request) => {
    const { subject, claims } = protect.auth(req)
    return { for: subject, acr: claims['acr'], auth_time: claims['auth_time'] }
  }

  const app = express()
  // Without `exposedHeaders`, the page gets the status 401, and no script can read what the API demands.
  app.use(cors({ origin: pageOrigin, exposedHeaders: ['WWW-Authenticate'] }))

  app.get('/orders', protect(scopes('orders:read')), (req, res) => void res.json(describe(req)))

  app.post('/payments', protect(scopes('payments:write'), stepUp({ acr: '2', maxAge: '15m' })), (req, res) => {
    res.status(201).json(describe(req))
  })

  app.put('/address', protect(stepUp({ maxAge: '5m' })), (req, res) => void res.json(describe(req)))

  // The authorization server of this example cannot give this class.
  app.post('/contracts', protect(stepUp({ acr: '3' })), (req, res) => void res.status(201).json(describe(req)))

  return app
}

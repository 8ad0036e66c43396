import type { Server } from 'node:http'
import { createProtect, type Protect, trustedIssuer } from '@tollgate/express'
import express, { type Express } from 'express'
import { Agent } from 'undici'

const audience = 'https://api.example.com'

export function createApp(protect: Protect): Express {
  const app = express()
  app.get('/ready', async (_req, res) => {
    const [{ status }] = await Promise.allSettled([protect.validator.ready()])
    res.status(status === 'fulfilled' ? 200 : 503).json(protect.validator.health())
  })
  app.get('/orders', protect(), (req, res) => void res.json({ for: protect.auth(req).subject }))
  return app
}

/** Listens when the issuer's keys are there, gives up after half a minute, and ends in good order. */
export async function start(issuer: string, port: number): Promise<Server> {
  const protect = createProtect({ issuer, audience })
  await protect.validator.ready({ within: '30s' })
  const server = createApp(protect).listen(port, '127.0.0.1')
  server.on('close', () => void protect.validator.close())
  process.once('SIGTERM', () => server.close())
  return server
}

/** Starts from the keys of a file, so that a deployment does not depend on the issuer. */
export function createSeededProtect(issuer: string, file: string): Protect {
  return createProtect({ issuer: trustedIssuer(issuer, { seed: file }), audience })
}

/** Everything that goes out goes through one dispatcher: here with a private CA and a client certificate. */
export function createInternalProtect(issuer: string, ca: string, cert: string, key: string): Protect {
  return createProtect({ issuer, audience, dispatcher: new Agent({ connect: { ca, cert, key } }) })
}

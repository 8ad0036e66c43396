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

/** Listens after the keys of the issuer have arrived. Rejects after 30 seconds without keys. */
export async function start(issuer: string, port: number): Promise<Server> {
  const protect = createProtect({ issuer, audience })
  await protect.validator.ready({ within: '30s' })
  const server = createApp(protect).listen(port, '127.0.0.1')
  server.on('close', () => void protect.validator.close())
  process.once('SIGTERM', () => server.close())
  return server
}

/** Starts with the keys of a file, because a deployment must not depend on the issuer. */
export function createSeededProtect(issuer: string, file: string): Protect {
  return createProtect({ issuer: trustedIssuer(issuer, { seed: file }), audience })
}

/** All outbound calls use one dispatcher, here with a private CA and a client certificate. */
export function createInternalProtect(issuer: string, ca: string, cert: string, key: string): Protect {
  return createProtect({ issuer, audience, dispatcher: new Agent({ connect: { ca, cert, key } }) })
}
